"""Pieces of HTML that the page's sections share."""

from __future__ import annotations

from html import escape
from typing import Any


def header(*names: str) -> str:
    """A table's head; a name that ends in # is above numbers."""
    cells = "".join(
        f'<th scope="col" class="number">{e(name[:-1])}</th>'
        if name.endswith("#")
        else f'<th scope="col">{e(name)}</th>'
        for name in names
    )
    return f"<thead><tr>{cells}</tr></thead>"


def chip(source: str) -> str:
    """What gave a figure, as a label."""
    return f'<span class="chip {e(source)}">{e(source)}</span>' if source else ""


def e(value: Any) -> str:
    """Escaped."""
    return escape(str(value))
