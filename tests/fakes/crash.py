"""Cuts any subject at every step and at every single change, and runs it again.

A host is a system with ``before_change`` and ``clock``; a subject is made for a host by a function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.module_utils.converge import Clock, Cut, Plan, Subject, converge


class CutPoints:
    """For stand-ins on a folder: a point before each change. Mix in before System."""

    before_change: Callable[[str], None] = staticmethod(lambda what: None)
    clock = Clock(sleep=lambda seconds: None)

    def write_file(self, path: str, text: str, mode: int = 0o644) -> None:
        self.before_change(f"write {path}")
        super().write_file(path, text, mode)

    def write_attribute(self, path: str, value: str) -> None:
        self.before_change(f"{path} = {value}")
        super().write_attribute(path, value)

    def remove(self, path: str) -> None:
        if self.exists(path):
            self.before_change(f"remove {path}")
        super().remove(path)

    def run(self, *argv: str, **options: Any) -> Any:
        if "show" not in argv and "-json" not in argv:
            self.before_change(" ".join(argv))
        cut, self.before_change = self.before_change, lambda what: None
        try:
            # what the stand-in does inside a command is one change
            return super().run(*argv, **options)
        finally:
            self.before_change = cut


class CutAfter:
    """Raises Cut at the call number *count* (from 1); counts for ever with None."""

    def __init__(self, count: int | None) -> None:
        self.count, self.calls, self.points = count, 0, []

    def __call__(self, point: str) -> None:
        self.calls += 1
        self.points.append(point)
        if self.calls == self.count:
            raise Cut(point)


def cut_everywhere(
    make_host: Callable[[], Any], make_subject: Callable[[Any], Subject]
) -> list[str]:
    """Cut before and after each step and before each change; each must be finished by a new run.

    Raises AssertionError naming the point whose second run does not end in the state of
    an uncut run. Returns the points.
    """
    host = make_host()
    steps, changes = CutAfter(None), CutAfter(None)
    host.before_change = changes
    subject = make_subject(host)
    converge(subject, between=steps, clock=host.clock)
    wanted = subject.observe()
    for where, total in (("step", steps), ("change", changes)):
        for count in range(1, total.calls + 1):
            _cut_once(make_host(), make_subject, where, count, wanted)
    return [*steps.points, *changes.points]


def _cut_once(
    host: Any,
    make_subject: Callable[[Any], Subject],
    where: str,
    count: int,
    wanted: dict[str, Any],
) -> None:
    cut = CutAfter(count)
    if where == "change":
        host.before_change = cut
    try:
        between = cut if where == "step" else lambda point: None
        converge(make_subject(host), between=between, clock=host.clock)
    except Cut:
        pass
    host.before_change = lambda what: None
    subject = make_subject(host)
    try:
        converge(subject, clock=host.clock)
        rest: Plan = subject.plan(subject.observe())
    except Exception as error:
        raise AssertionError(f"after a cut at {cut.points[-1]}: {error}") from error
    left = [step.name for step in rest.steps] + [str(r) for r in rest.refusals]
    assert not left, f"after a cut at {cut.points[-1]} there is still {left}"
    assert subject.observe() == wanted, f"a cut at {cut.points[-1]} leaves another state"
