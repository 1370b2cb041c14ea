"""From plain data to typed parts, and from pydantic's errors to problems."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from .problems import Path, Problem, nearest, suggest

_WORDS = {
    "int_type": "a whole number", "bool_type": "true or false", "string_type": "text",
    "list_type": "a list", "dict_type": "a map", "model_type": "a map", "float_type": "a number",
    "model_attributes_type": "a map",
}  # fmt: skip
_LIMITS = {
    "greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}",
    "greater_than": "more than {gt}", "less_than": "less than {lt}",
}  # fmt: skip


def read[T](kind: type[T], value: Any, path: Path, problems: list[Problem]) -> T | None:
    """*value* as *kind*; None if it is not, and why is added to *problems*.

    Unknown keys are problems, but the rest is read, so that its rules speak, too: with the
    nearest known name for each, else without it.
    """
    try:
        return adapter(kind).validate_python(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems += [_problem(kind, path, detail) for detail in details]
        if all(detail["type"] == "extra_forbidden" for detail in details):
            with contextlib.suppress(ValidationError):
                return adapter(kind).validate_python(_corrected(kind, value, details))
    except RecursionError:
        problems.append(Problem("type", path, "is nested too deep", "Flatten it."))
    return None


def _corrected(kind: Any, value: Any, details: list[ErrorDetails]) -> Any:
    """A copy without unknown keys; what they hold goes to the names that were meant."""
    rest = deepcopy(value)
    for *above, last in (detail["loc"] for detail in details):
        part = rest
        for step in above:
            part = part[step]
        held, meant = part.pop(last), nearest(last, sorted(keys_at(kind, tuple(above))))
        if meant:
            part.setdefault(meant, held)
    return rest


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """The checker of a type."""
    return TypeAdapter(kind)


def _problem(kind: Any, path: Path, detail: Mapping[str, Any]) -> Problem:
    name, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    location = tuple(detail["loc"])
    if location and location[-1] == "[key]":
        location = location[:-1]
    where = path + location
    if "fix" in context:  # a value's own rule
        return Problem(name, where, context["message"], context["fix"], value)
    if name == "extra_forbidden":
        known = keys_at(kind, location[:-1])
        return Problem("unknown-key", where, "is not a key of the model", suggest(where[-1], known))
    if name == "missing":
        return Problem("missing-key", where, "is missing", "Set it.")
    if name == "literal_error":
        choices = str(context.get("expected", ""))
        names = [word.strip("'") for word in choices.replace(" or ", ", ").split(", ")]
        hint = suggest(value, names) if isinstance(value, str) and value else ""
        hint = hint if hint.startswith("Did") else ""
        return Problem(
            "choice", where, "is not one of the choices", f"Use {choices}. {hint}".strip(), value
        )
    if name in _WORDS:
        fix = f"Write {_WORDS[name]}{_quotes(name, value)}."
        return Problem("type", where, f"is {_kind(value)}, not {_WORDS[name]}", fix, value)
    if name in _LIMITS:
        limit = _LIMITS[name].format(**context)
        return Problem("limit", where, f"must be {limit}", f"Use {limit}.", value)
    if name in ("string_too_short", "string_too_long"):
        bound = context.get("min_length", context.get("max_length"))
        side = "at least" if name == "string_too_short" else "at most"
        message = f"has {len(value)} characters, {side} {bound} belong there"
        return Problem("length", where, message, f"Write {side} {bound}.", value)
    if name in ("too_short", "too_long"):
        bound = context.get("min_length", context.get("max_length"))
        side = "at least" if name == "too_short" else "at most"
        message = f"has {context.get('actual_length')} entries, {side} {bound} belong there"
        return Problem("length", where, message, f"Give {side} {bound}.")
    return Problem("value", where, detail["msg"], "Correct the value.", value)


def _quotes(name: str, value: Any) -> str:
    if name == "string_type" and isinstance(value, (int, float)):
        return ", in quotes if it looks like a number"
    if name == "int_type" and isinstance(value, str) and value.isdigit():
        return " without quotes"
    return ""


def _kind(value: Any) -> str:
    for kind, word in (
        (bool, "true or false"), (int, "a number"), (float, "a number"), (str, "text"),
        (list, "a list"), (dict, "a map"), (type(None), "empty"),
    ):  # fmt: skip
        if isinstance(value, kind):
            return word
    return type(value).__name__


def keys_at(kind: Any, location: Path) -> list[str]:
    """Names of the keys that the part at *location* below *kind* takes."""
    part = kind
    for step in location:
        part = _below(part, step)
    model = _model(part)
    return list(model.model_fields) if model else []


def _below(kind: Any, step: str | int) -> Any:
    model = _model(kind)
    if model:
        found = model.model_fields.get(str(step))
        return found.annotation if found else None
    for option in _options(kind):
        arguments = getattr(option, "__args__", ())
        if arguments and getattr(option, "__origin__", None) in (dict, list):
            return arguments[-1]
    return None


def _model(kind: Any) -> type[BaseModel] | None:
    for option in _options(kind):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def _options(kind: Any) -> list[Any]:
    """The members of a union, annotations taken off."""
    if hasattr(kind, "__metadata__"):
        return _options(kind.__origin__)
    if getattr(kind, "__origin__", None) in (dict, list):
        return [kind]
    arguments = getattr(kind, "__args__", ())
    return [o for a in arguments for o in _options(a)] if arguments else [kind]
