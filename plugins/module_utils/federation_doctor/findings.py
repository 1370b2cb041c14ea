"""Steps in order, until the first one that is broken."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..kube_api import ApiError
from ..system import CommandError

#: Whose side a broken step is on; OWNER: who made the pod; BOTH: only the two sites together.
SOURCE, TARGET, NETWORK, OWNER, BOTH = "source", "target", "network", "owner", "both"
#: The step that asks whether owners have their namespaces switched on.
SWITCH = "switched on"


@dataclass(frozen=True)
class Broken:
    """A step that does not hold: what was seen, whose side it is, what to do."""

    seen: str
    side: str
    do: str
    step: str = ""


@dataclass(frozen=True)
class Step:
    """One thing asked. *side*: of what is asked, for when it does not answer at all."""

    name: str
    side: str
    ask: Callable[[], str | Broken]


@dataclass
class Verdict:
    """The answer to one question; ``broken`` is None where every step holds."""

    question: str
    good: list[tuple[str, str]] = field(default_factory=list)
    broken: Broken | None = None
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def walk(self, steps: Iterable[Step]) -> bool:
        """Ask the steps in turn; whether all of them hold."""
        began = time.monotonic()
        for step in steps:
            try:
                found = step.ask()
            except (ApiError, CommandError, OSError) as error:
                found = Broken(str(error), step.side, "Ask why that does not answer")
            if isinstance(found, Broken):
                self.broken = Broken(found.seen, found.side, found.do, found.step or step.name)
                break
            self.good.append((step.name, found))
        self.seconds += time.monotonic() - began
        return self.broken is None
