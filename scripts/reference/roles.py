"""One page of all roles and their variables, from meta/argument_specs.yml."""

import re
from pathlib import Path

import yaml

from common import CHECKOUT, Stop

HEAD = """# Roles and their variables

<!-- written by scripts/docs from roles/*/meta/argument_specs.yml -->
"""
TABLE = "| Variable | Type | Default | What |\n|---|---|---|---|"


def page(roles: Path) -> str:
    parts = [HEAD]
    for specs in sorted(roles.glob("*/meta/argument_specs.yml")):
        role = specs.parent.parent.name
        parts.append(f"## {role}\n")
        for entry, spec in load(specs).items():
            parts.append(entry_point(entry, spec or {}))
    return "\n".join(parts).rstrip("\n") + "\n"


def load(path: Path) -> dict:
    shown = path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path
    try:
        specs = (yaml.safe_load(path.read_text()) or {}).get("argument_specs")
    except (yaml.YAMLError, AttributeError) as error:
        raise Stop(f"{shown}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(specs, dict) or not specs:
        raise Stop(f"{shown}: has no argument_specs")
    return specs


def entry_point(name: str, spec: dict) -> str:
    title = [] if name == "main" else [f"### Entry point `{name}`\n"]
    about = [text(spec.get("short_description")), paragraphs(spec.get("description"))]
    rows = list(options(spec.get("options") or {}))
    table = [TABLE, *rows] if rows else ["No variables."]
    return "\n".join([*title, *[f"{each}\n" for each in about if each], *table, ""])


def options(spec: dict, parent: str = ""):
    """A row for each option; those inside a dict or a list follow it with their full name."""
    for name, option in spec.items():
        full = f"{parent}{name}"
        kind = option.get("type", "str")
        if kind == "list":
            kind = f"list of {option.get('elements', 'any')}"
        default = "required" if option.get("required") else value(option.get("default"))
        yield f"| `{full}` | {kind} | {default} | {what(option)} |"
        inner = f"{full}[]." if option.get("type") == "list" else f"{full}."
        yield from options(option.get("options") or {}, inner)


def what(option: dict) -> str:
    said = text(option.get("description"))
    choices = ", ".join(f"`{choice}`" for choice in option.get("choices") or [])
    return " ".join(part for part in (said, f"One of {choices}." if choices else "") if part)


def value(default: object) -> str:
    if default is None:
        return ""
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{shown}`" if shown else '`""`'


def text(description: object) -> str:
    """A description (a string or a list of them) on one line of a table."""
    return " ".join(" ".join(line.split()) for line in lines(description)).replace("|", "\\|")


def paragraphs(description: object) -> str:
    return "\n\n".join(line.strip() for line in lines(description))


def lines(description: object) -> list[str]:
    """The description's parts, Ansible's markup made Markdown's."""
    parts = description if isinstance(description, list) else [description or ""]
    return [re.sub(r"\b[CEOPVM]\(([^()]*)\)", r"`\1`", str(part)) for part in parts]
