"""Discord's own OpenAPI document, applied strictly to what a bot sends.

Strictly: an object has no keys but those that are documented, so that a misspelt one is found. A
snowflake may be a number, as discord.py sends some. The document comes with no checkout; without it
`problems` finds nothing, and `missing` says so.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]

_ROOT = Path(__file__).parents[2]
_FILE = "shared/specs/discord-openapi.json"
_URI = "https://discord.com/openapi.json"
# What discord.py always sends and Discord has always taken, though this document does not know it.
_UNDOCUMENTED = (
    ("ApplicationCommandUpdateRequest", "nsfw"),
    ("MessageEditRequestPartial", "tts"),
    ("IncomingWebhookUpdateRequestPartial", "tts"),
)


@cache
def _path() -> Path | None:
    named = os.environ.get("DISCORD_OPENAPI")
    places = [Path(named)] if named else [folder / _FILE for folder in (_ROOT, *_ROOT.parents, Path("/work"))]
    return next((place for place in places if place.is_file()), None)


def missing() -> str:
    """Why nothing is validated, or an empty text."""
    return "" if _path() else f"{_FILE} is not here, so request bodies are not validated; DISCORD_OPENAPI names it"


@cache
def _document() -> Json:
    path = _path()
    document: Json = json.loads(path.read_text(encoding="utf-8")) if path else {"paths": {}}
    for schema in document.get("components", {}).get("schemas", {}).values():
        _close(schema)
    if path:
        schemas = document["components"]["schemas"]
        schemas["SnowflakeType"]["type"] = ["string", "integer"]
        for name, key in _UNDOCUMENTED:
            schemas[name]["properties"][key] = {"type": "boolean"}
    return document


def _close(schema: object) -> None:
    """Allow no keys but the documented ones, at every depth."""
    if isinstance(schema, list):
        for each in cast("list[object]", schema):
            _close(each)
    elif isinstance(schema, dict):
        node = cast("Json", schema)
        if isinstance(node.get("properties"), dict) and "type" in node:
            node.setdefault("additionalProperties", False)
        for each in node.values():
            _close(each)


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    """Every path as an expression, those with fewer variables first: `@me` goes before an id."""
    templates = sorted(_document()["paths"], key=lambda template: template.count("{"))
    return [(re.compile(re.sub(r"\\?\{[^}]*\}", "[^/]+", re.escape(t)) + r"\Z"), t) for t in templates]


def route(path: str) -> str | None:
    """The template of a path, as in /channels/{channel_id}/messages."""
    return next((template for pattern, template in _routes() if pattern.match(path)), None)


@cache
def _validator(method: str, template: str) -> Validator | None:
    """What the JSON of a request has to be; None where Discord takes none."""
    body = _document()["paths"][template].get(method.lower(), {}).get("requestBody")
    if body is None or "application/json" not in body["content"]:
        return None
    registry = Registry[Any]().with_resource(_URI, Resource[Any](_document(), DRAFT202012))
    name, kind = template.replace("/", "~1"), "application~1json"
    pointer = f"#/paths/{name}/{method.lower()}/requestBody/content/{kind}/schema"
    return _Strict({"$ref": f"{_URI}{pointer}"}, registry=registry)


def problems(method: str, path: str, body: Any) -> list[str]:
    """What is wrong with a request, a line each, with the place in the body; nothing without the document."""
    if missing():
        return []
    template = route(path)
    if template is None or method.lower() not in _document()["paths"][template]:
        return [f"{method} {path}: Discord has no such route"]
    return list(_problems(method, template, json.dumps(body, sort_keys=True)))


@lru_cache(1_000)  # every test tells the same commands
def _problems(method: str, template: str, text: str) -> tuple[str, ...]:
    validator, body = _validator(method, template), json.loads(text)
    if validator is None:
        return () if body is None else (f"{method} {template}: Discord takes no JSON here",)
    errors = validator.iter_errors(body)
    return tuple(f"{method} {template}: {error.json_path}: {error.message[:300]}" for error in errors)


def _alternatives(validator: Any, schemas: list[Json], instance: Any, _schema: Json) -> Iterator[ValidationError]:
    """`oneOf` and `anyOf`: of alternatives that name their `type` only the one that the instance names counts.

    Quick, and the errors are those of the component that was meant and not of all others.
    """
    fitting = [schema for schema in schemas if _fits(validator, schema, instance)]
    if len(fitting) == 1:
        yield from validator.descend(instance, fitting[0])
    elif not any(validator.evolve(schema=schema).is_valid(instance) for schema in fitting):
        yield ValidationError(f"{json.dumps(instance)[:200]} is none of the {len(schemas)} things that may stand here")


def _fits(validator: Any, schema: Json, instance: Any) -> bool:
    while "$ref" in schema:
        schema = validator._resolver.lookup(schema["$ref"]).contents
    if "const" in schema:
        return schema["const"] == instance
    if schema.get("type") == "null":
        return instance is None
    if instance is None:
        return "null" in schema.get("type", "null")
    kinds = schema.get("properties", {}).get("type", {}).get("enum")
    return kinds is None or not isinstance(instance, dict) or cast("Json", instance).get("type") in kinds


_Strict: Any = cast("Any", validators).extend(Draft202012Validator, {"oneOf": _alternatives, "anyOf": _alternatives})
