"""Texts of the two forms that Kayobe and Kolla read: YAML and OpenStack's INI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

HEAD = """\
# Written by Slipway from the site's model; changes by hand are refused, not kept.
# What belongs to the operator is in a folder of its own: docs/cloud.md.
"""


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, and nothing is an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def yaml_text(values: Mapping[str, Any]) -> str:
    """A file of variables; keys in the order given. "" without any."""
    if not values:
        return ""
    body = yaml.dump(
        dict(values), Dumper=_Dumper, sort_keys=False, default_flow_style=False,
        width=10**6, allow_unicode=True,
    )  # fmt: skip
    return f"---\n{HEAD}{body}"


def playbook_text(plays: list[Any]) -> str:
    """A playbook."""
    body = yaml.dump(
        plays, Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=10**6
    )  # fmt: skip
    return f"---\n{HEAD}{body}"


def ini_text(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """A file of options; a list is one line for each value. "" if no section has any option."""
    blocks = []
    for name, options in sections.items():
        lines = [f"{key} = {value}" for key, given in options.items() for value in _values(given)]
        if lines:
            blocks.append("\n".join([f"[{name}]", *lines]) + "\n")
    return HEAD + "\n" + "\n".join(blocks) if blocks else ""


def _values(given: Any) -> Iterable[str]:
    if given is None:
        return []
    values = given if isinstance(given, list) else [given]
    return [("true" if v else "false") if isinstance(v, bool) else str(v) for v in values]
