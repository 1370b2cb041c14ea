"""``site``: who runs the site, and its names."""

from __future__ import annotations

from .base import Part, key
from .scalars import DomainName, Label


class Site(Part):
    """One site under one administration."""

    name: Label = key("Short name; peers of a federation know the site by it.")
    organisation: str = key("Who runs it.", min_length=1)
    domain: DomainName = key("DNS domain of its hosts and services.")
    contact: str = key("Where its operators are reached (mail address or URL).", min_length=3)
    region: Label | None = key("OpenStack region; unset: the site's name.", None)
    description: str = key("One line for people.", "")
