"""The model describes itself: JSON Schema for editors, and the reference page."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from .sections.all import SECTIONS
from .sections.hosts import HostOverrides
from .typed import adapter

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_INTRO = """# Site model reference

Generated from `plugins/module_utils/site_model/sections/` by `scripts/docs`. What the parts
mean together, and the rules between them: [site-model.md](../site-model.md). Names in angle
brackets are chosen by the operator. Editors read `site-model.schema.json` beside this page.
"""


def json_schema() -> dict[str, Any]:
    """JSON Schema of a file in ``group_vars/all/``: any of the sections, and other variables."""
    properties: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for name, kind in SECTIONS.items():
        schema = adapter(kind).json_schema(ref_template="#/$defs/{model}")
        definitions |= schema.pop("$defs", {})
        properties[name] = {"description": _summary(kind), **schema}
    names = "|".join(name.removeprefix("site_") for name in SECTIONS if name != "site")
    return {
        "$schema": _DIALECT,
        "title": "Slipway site model",
        "type": "object",
        "properties": properties,
        "propertyNames": {"not": {"pattern": f"^site_(?!({names})$)"}},
        "$defs": dict(sorted(definitions.items())),
    }


def model_reference() -> str:
    """The reference page as Markdown."""
    parts = [_INTRO]
    for name, kind in SECTIONS.items():
        entry = name if kind is _model(kind) else f"{name}.<name>"
        parts.append(f"\n## {name}\n\n{_summary(kind)}\n\n{_table(_model(kind), entry)}")
    parts.append(
        "\n## Host variables\n\n"
        "In the inventory, on a host: `ansible_host` (its management address), `site_host_index` "
        "(a number from 1, unique in the site: addresses on fabrics follow from it), and where "
        "a host differs from its group `site_host_overrides`.\n\n"
        f"{_table(HostOverrides, 'site_host_overrides')}"
    )
    return "".join(parts)


def _summary(kind: Any) -> str:
    """What a part is: its docstring's first paragraph, as one line."""
    text = (_model(kind).__doc__ or "").split("\n\n", maxsplit=1)[0]
    return " ".join(text.split())


def _table(model: type[BaseModel], path: str) -> str:
    rows = [f"| `{key}` | {_cell(kind)} | {_cell(default)} | {_cell(text)} |\n"
            for key, kind, default, text in _keys(model, path)]  # fmt: skip
    return "| key | type | default | meaning |\n|---|---|---|---|\n" + "".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _keys(model: type[BaseModel], path: str) -> Iterator[tuple[str, str, str, str]]:
    """Key, type, default and meaning of every key below *path*."""
    for name, field in model.model_fields.items():
        key = f"{path}.{name}"
        yield key, _type(field), _default(field), _meaning(field)
        below, mark = _part(field.annotation)
        if below:
            yield from _keys(below, key + mark)


def _meaning(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    unit = extra.get("unit") if isinstance(extra, dict) else None
    return f"{field.description} Unit: {unit}." if unit else str(field.description)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined or isinstance(value, BaseModel):
        return "as below"
    if value is None:
        return "unset"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value!r}`"


def _type(field: FieldInfo) -> str:
    return _word(field.annotation) + _limits(field.metadata)


def _limits(metadata: Iterable[Any]) -> str:
    found = ""
    for limit in metadata:
        if isinstance(limit, FieldInfo):
            found += _limits(limit.metadata)
        for name, sign in (("ge", "≥"), ("le", "≤")):
            bound = getattr(limit, name, None)
            found += f" {sign} {bound}" if bound is not None else ""
    return found


def _word(kind: Any) -> str:
    """A type in words."""
    if hasattr(kind, "__metadata__"):
        return _word(kind.__origin__) + _limits(kind.__metadata__)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " · ".join(f"`{choice}`" if choice != "" else '`""`' for choice in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_word(option) for option in arguments if option is not type(None))
    if origin is list:
        return f"list of {_word(arguments[0])}"
    if origin is dict:
        return f"map of {_word(arguments[1])}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "map"
    return {str: "text", int: "number", bool: "true · false"}.get(kind, "anything")


def _part(kind: Any) -> tuple[type[BaseModel] | None, str]:
    """The model below a key, and how its place in a map or list is written."""
    if hasattr(kind, "__metadata__"):
        return _part(kind.__origin__)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is list:
        return _part(arguments[0])[0], "[]"
    if origin is dict:
        return _part(arguments[1])[0], ".<name>"
    if origin in (Union, types.UnionType):
        return next((found for a in arguments if (found := _part(a))[0]), (None, ""))
    is_part = isinstance(kind, type) and issubclass(kind, BaseModel)
    return (kind, "") if is_part else (None, "")


def _model(kind: Any) -> type[BaseModel]:
    found = _part(kind)[0]
    if found is None:
        raise TypeError(f"{kind} is not a part of the model")
    return found
