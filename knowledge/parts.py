"""What the schema of a note is made of: strict values, texts, ids, and mistakes that know their place."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

MISTAKE = "mistake"  # the type of an error that `mistake` makes

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class Part(BaseModel):
    """A frozen value that takes no field but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def mistake(wrong: str, expected: str, *at: int | str) -> PydanticCustomError:
    """What a validator raises where the lint shall say `wrong` and `expected` about the part at `at` below it."""
    return PydanticCustomError(MISTAKE, "{wrong}", {"wrong": wrong, "expected": expected, "at": at})


class OneOf(Part):
    """A choice written as a single key: of its fields, all optional, exactly one is given."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self._given) != 1:
            raise mistake(
                f"{len(self._given)} of {', '.join(type(self).model_fields)} are given", "exactly one of them"
            )
        return self

    @property
    def _given(self) -> list[Any]:
        return [value for name in type(self).model_fields if (value := getattr(self, name)) is not None]

    @property
    def chosen(self) -> Any:
        """The value of the field that is given."""
        return self._given[0]
