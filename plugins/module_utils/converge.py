"""The four moves every subject is brought to its state by: observe, plan, apply, verify.

A subject (a host's datapath, a cloud's networks) supplies ``observe``, ``plan``
and ``verify``; this library supplies everything else: check mode, diff, timing,
the journal, and the points at which a test may cut a run.

Python's standard library only: this code also runs on hosts, at boot.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

#: Where a check's figure comes from. A report never mixes them up.
HARDWARE, EMULATION, STAND_IN = "hardware", "emulation", "stand-in"


class ConvergeError(Exception):
    """A step failed or could not be proven. ``step`` names it; nothing after it ran."""

    def __init__(self, step: str, message: str) -> None:
        super().__init__(f"{step}: {message}")
        self.step = step
        self.message = message


class Cut(BaseException):
    """Raised by tests between steps, where a power cut would fall. Never caught by subjects."""


@dataclass
class Step:
    """One thing done, and proven before the next one.

    name      stable identifier, ``subject:object`` ("vfs:data0").
    why       one line for the operator.
    do        does it.
    proof     returns None once the step's effect is seen, else what is wrong.
    before/after  what the diff shows (short text or JSON-able).
    disrupts  "" or what the operator may notice: "network", "service:NAME".
    patience  seconds that the proof may take to come true.
    """

    name: str
    why: str
    do: Callable[[], None]
    proof: Callable[[], str | None] = lambda: None
    before: Any = None
    after: Any = None
    disrupts: str = ""
    patience: float = 0.0

    def summary(self) -> dict[str, Any]:
        """The step as plain data: name, why, before, after, disrupts."""
        return {k: getattr(self, k) for k in ("name", "why", "before", "after", "disrupts")}


@dataclass(frozen=True)
class Refusal:
    """Why the plan may not be carried out, and what the operator can do about it."""

    rule: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}. {self.remedy}"


@dataclass
class Plan:
    """Ordered steps, or refusals. With any refusal no step is ever run.

    warnings       what works but deserves a look.
    reboot_reasons changes that only a reboot makes effective.
    left           what the model no longer names and is not safe to remove.
    """

    steps: list[Step] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    reboot_reasons: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.steps)

    @property
    def disrupts_network(self) -> bool:
        """Whether carrying this out can cut the host off, so that it must be guarded."""
        return any(step.disrupts == "network" for step in self.steps)

    def diff(self) -> dict[str, str]:
        """The plan as Ansible's ``diff`` value: before and after, step by step."""

        def side(key: str) -> str:
            return "".join(f"{s.name}: {_text(getattr(s, key))}\n" for s in self.steps)

        return {"before": side("before"), "after": side("after")}


@dataclass(frozen=True)
class Check:
    """One thing a user of the subject would notice, asked of the real thing.

    source  HARDWARE, EMULATION or STAND_IN.
    step    the step of the order that is broken when the check fails.
    look    what to look at then.
    """

    name: str
    ok: bool
    expected: Any
    got: Any
    source: str = HARDWARE
    step: str = ""
    look: str = ""


@dataclass
class Result:
    """What a run did. ``before`` and ``after`` are the subject's facts."""

    changed: bool
    steps: list[dict[str, Any]]
    before: dict[str, Any]
    after: dict[str, Any]
    warnings: list[str]
    reboot_reasons: list[str]
    left: list[str]
    refusals: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        return asdict(self)


class Subject(Protocol):
    """What a subject supplies. ``observe`` changes nothing and returns JSON-able facts."""

    name: str

    def observe(self) -> dict[str, Any]: ...

    def plan(self, observed: dict[str, Any]) -> Plan: ...

    def verify(self, observed: dict[str, Any]) -> Sequence[Check]: ...


@dataclass(frozen=True)
class Clock:
    """Seconds that pass, and waiting for them; tests bring a clock of their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Journal:
    """Appends one JSON line per event, so that a cut run shows where it was."""

    def __init__(self, path: str | None) -> None:
        self.path = path

    def write(self, event: str, **values: Any) -> None:
        """Append an event; flushed to disk, as the next thing may be a power cut."""
        if not self.path:
            return
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as handle:
            line = {"time": round(time.time(), 3), "event": event, **values}
            handle.write(json.dumps(line) + "\n")
            handle.flush()
            os.fsync(handle.fileno())


#: Does steps by calling the function on each; returns their summaries in the same order.
Runner = Callable[[Sequence[Step], Callable[[Step], dict[str, Any]]], list[dict[str, Any]]]


def in_order(steps: Sequence[Step], one: Callable[[Step], dict[str, Any]]) -> list[dict[str, Any]]:
    """One step after the other."""
    return [one(step) for step in steps]


def converge(
    subject: Subject,
    *,
    check: bool = False,
    journal: Journal | None = None,
    between: Callable[[str], None] = lambda point: None,
    clock: Clock = Clock(),
    runner: Runner = in_order,
) -> Result:
    """Bring *subject* to its desired state; with *check*, only say what would be done.

    ``between`` is called before and after every step with "before NAME" / "after NAME":
    tests cut the run there. *runner* does the steps; one of the cloud does some side by side.
    Raises ConvergeError when a step fails, when a plan is
    refused outside check mode, or when the state still differs after all steps.
    """
    journal = journal or Journal(None)
    before = subject.observe()
    plan = subject.plan(before)
    done: list[dict[str, Any]] = []
    after = before
    if plan.refusals and not check:
        raise ConvergeError("refused", "; ".join(str(r) for r in plan.refusals))
    if plan and not check:
        journal.write("begin", subject=subject.name, steps=[s.name for s in plan.steps])

        def one(step: Step) -> dict[str, Any]:
            between(f"before {step.name}")
            summary = run_step(step, journal, clock)
            between(f"after {step.name}")
            return summary

        done = runner(plan.steps, one)
        after = subject.observe()
        rest = subject.plan(after)
        if rest.refusals or rest.steps:
            what = [str(r) for r in rest.refusals] + [s.name for s in rest.steps]
            raise ConvergeError("not converged", "after all steps still to do: " + ", ".join(what))
        journal.write("end", subject=subject.name)
        plan.reboot_reasons, plan.left = rest.reboot_reasons, rest.left
    elif check:
        done = [step.summary() for step in plan.steps]
    return Result(
        changed=bool(plan.steps),
        steps=done,
        before=before,
        after=after,
        warnings=plan.warnings,
        reboot_reasons=plan.reboot_reasons,
        left=plan.left,
        refusals=[str(r) for r in plan.refusals],
    )


def run_step(step: Step, journal: Journal, clock: Clock = Clock()) -> dict[str, Any]:
    """Do one step and wait until it is proven; returns its summary with seconds."""
    journal.write("step", name=step.name)
    started = clock.now()
    try:
        step.do()
        problem = step.proof()
        while problem and clock.now() - started < step.patience:
            clock.sleep(0.2)
            problem = step.proof()
    except (OSError, ValueError, RuntimeError) as error:
        journal.write("failed", name=step.name, error=str(error))
        raise ConvergeError(step.name, str(error)) from error
    if problem:
        journal.write("unproven", name=step.name, error=problem)
        raise ConvergeError(step.name, problem)
    journal.write("proven", name=step.name)
    return {**step.summary(), "seconds": round(clock.now() - started, 3)}


def failed(checks: Iterable[Check]) -> list[Check]:
    """The checks that did not hold."""
    return [check for check in checks if not check.ok]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
