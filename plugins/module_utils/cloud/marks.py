"""How the kit knows again what it made: a mark on each object, with the site's name.

| objects | mark |
|---|---|
| of Neutron | tag `slipway:<site>`; until it has it, that as description |
| images, servers, projects | tag `slipway:<site>` |
| flavors | extra spec `slipway:site`: Nova's filters do not read this scope |
| bare-metal nodes, their ports and port groups | `slipway` in `extra` |

Only what has the mark is ever removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KEY = "slipway"
SPEC = "slipway:site"


@dataclass(frozen=True)
class Mark:
    """The mark of one site."""

    site: str

    @property
    def tag(self) -> str:
        """As a tag."""
        return f"{KEY}:{self.site}"

    def on_tags(self, thing: Mapping[str, Any]) -> bool:
        """Whether the tags of *thing* have it."""
        return self.tag in (thing.get("tags") or ())

    def on_specs(self, specs: Mapping[str, Any]) -> bool:
        """Whether a flavor's extra specs have it."""
        return bool(specs.get(SPEC) == self.site)

    def on_extra(self, thing: Mapping[str, Any]) -> bool:
        """Whether ``extra`` of *thing* has it."""
        return bool((thing.get("extra") or {}).get(KEY) == self.site)
