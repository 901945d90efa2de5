import pytest

from tests.readme import README, SECTIONS, section


@pytest.mark.parametrize("name", SECTIONS)
def test_the_readme_says_what_runs(name: str) -> None:
    written = section(name, README.read_text(encoding="utf-8"))
    assert written == SECTIONS[name]().strip(), f"README.md differs from what runs: python -m tests.readme ({name})"
