"""A kind of object of the cloud, and the steps that bring all of a kind to what the model says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from ..converge import Check, Plan, Refusal, Step
from .api import Cloud, Thing
from .marks import Mark

W = TypeVar("W")


class Kind(Generic[W]):
    """What a kind has of its own. *W* is what the model says of one object.

    name   of the kind, the first part of steps' names ("network").
    fixed  attributes that the API does not change: the object is made anew.
    """

    name = ""
    fixed: tuple[str, ...] = ()

    def __init__(self, cloud: Cloud, mark: Mark) -> None:
        self.cloud, self.mark = cloud, mark

    def marked(self, thing: Thing) -> bool:
        """Whether the kit made it."""
        return self.mark.on_tags(thing)

    def called(self, thing: Thing) -> str:
        """The name that the model has for it."""
        return str(thing["name"])

    def near(self, want: W, thing: Thing) -> bool:
        """Whether one without the mark stands where the model's would: in the same project."""
        return True

    def chosen(self, name: str, thing: Thing) -> None:
        """Told which object of the cloud is the model's."""

    def going(self, thing: Thing) -> None:
        """Told of what will be removed."""

    def wanted(self, name: str, want: W) -> Thing:
        """Attributes as the model wants them; pure."""
        raise NotImplementedError

    def shown(self, thing: Thing, wanted: Mapping[str, Any]) -> Thing:
        """The same attributes as they are; in the same form, so that they can be compared."""
        return {key: thing.get(key) for key in wanted}

    def planned(self, name: str, want: W) -> Thing:
        """What a diff shows of one that is made."""
        return self.wanted(name, want)

    def users(self, thing: Thing) -> str:
        """Who uses it, for a person; "" if nobody, so that it may be removed."""
        raise NotImplementedError

    def create(self, name: str, want: W) -> None:
        """Make it, with its mark."""
        raise NotImplementedError

    def change(self, name: str, want: W, thing: Thing, keys: Sequence[str]) -> None:
        """Bring those attributes to what is wanted."""
        raise NotImplementedError

    def take(self, thing: Thing) -> None:
        """Put the mark on it."""
        raise NotImplementedError

    def remove(self, thing: Thing) -> None:
        """Delete it."""
        raise NotImplementedError

    def secret(self, key: str) -> bool:
        """Whether the attribute may not be shown."""
        return False


def reconcile(
    kind: Kind[W], wants: Mapping[str, W], things: Sequence[Thing], plan: Plan, *,
    adopt: bool = False,
) -> list[Step]:  # fmt: skip
    """Add to *plan* what brings *things* to *wants*; returns the removals, for the caller to place.

    An object of the same name without the mark is a stranger's: it is taken over if it is as
    the model says, or with *adopt*; else the plan is refused.
    """
    own: dict[str, list[Thing]] = {}
    strangers: dict[str, list[Thing]] = {}
    for thing in things:
        (own if kind.marked(thing) else strangers).setdefault(kind.called(thing), []).append(thing)

    anew: list[Step] = []
    for name, want in wants.items():
        mine = own.pop(name, [])
        if mine:
            kept = _best(kind, name, want, mine)
            own[name] = [thing for thing in mine if thing is not kept]
            kind.chosen(name, kept)
            step = _steered(kind, name, want, kept, plan)
        elif near := [thing for thing in strangers.get(name, ()) if kind.near(want, thing)]:
            step = _adopted(kind, name, want, near, plan, adopt)
        else:
            step = Step(
                f"{kind.name}:{name}", "is not there", lambda n=name, w=want: kind.create(n, w),
                before=None, after=kind.planned(name, want),
            )  # fmt: skip
        if step:
            (anew if step.why.startswith(ANEW) else plan.steps).append(step)
    # what is replaced is listed first
    first = [n for n, s in enumerate(plan.steps) if s.name.startswith(f"{kind.name}:")]
    place = first[0] if first else len(plan.steps)
    plan.steps[place:place] = anew

    removals = []
    for name, rest in own.items():
        for thing in rest:
            if reason := kind.users(thing):
                plan.left.append(f"{kind.name} {name}: {reason}")
            else:
                kind.going(thing)
                removals.append(
                    Step(f"{kind.name}:{name}:delete", "the model no longer names it",
                         lambda t=thing: kind.remove(t), before=name, after=None)
                )  # fmt: skip
    return removals


ANEW = "is made anew"


def _best(kind: Kind[W], name: str, want: W, mine: Sequence[Thing]) -> Thing:
    """Of several of one name the one in use, else the one most like the model."""
    if len(mine) == 1:
        return mine[0]
    return min(mine, key=lambda t: (not kind.users(t), len(differing(kind, name, want, t))))


def differing(kind: Kind[W], name: str, want: W, thing: Thing) -> list[str]:
    """Attributes that are not as the model says."""
    wanted = kind.wanted(name, want)
    shown = kind.shown(thing, wanted)
    return [key for key in wanted if shown.get(key) != wanted[key]]


def _steered(kind: Kind[W], name: str, want: W, thing: Thing, plan: Plan) -> Step | None:
    keys = differing(kind, name, want, thing)
    if not keys:
        return None
    before, after = _sides(kind, name, want, thing, keys)
    fixed = [key for key in keys if key in kind.fixed]
    if not fixed:
        return Step(
            f"{kind.name}:{name}", f"differs in {', '.join(keys)}",
            lambda: kind.change(name, want, thing, keys), before=before, after=after,
        )  # fmt: skip
    if reason := kind.users(thing):
        what = "; ".join(
            f"{k} is {json.dumps(before[k])}, not {json.dumps(after[k])}" for k in fixed
        )
        plan.refusals.append(
            Refusal(f"{kind.name}-in-use", f"{kind.name} {name}: {what}; the API cannot change it, "
                    f"and it is not made anew while in use ({reason})",
                    "Take its users away or give the model a new name for it")
        )  # fmt: skip
        return None

    def anew() -> None:
        kind.remove(thing)
        kind.create(name, want)

    return Step(f"{kind.name}:{name}", f"{ANEW}: the API cannot change {', '.join(fixed)}", anew,
                before=before, after=after)  # fmt: skip


def _adopted(
    kind: Kind[W], name: str, want: W, found: Sequence[Thing], plan: Plan, adopt: bool
) -> Step | None:
    alike = [thing for thing in found if not differing(kind, name, want, thing)]
    if len(alike) == 1 or len(found) == 1:
        thing = (alike or found)[0]
        kind.chosen(name, thing)
        keys = differing(kind, name, want, thing)
        fixed = [key for key in keys if key in kind.fixed]
        if not keys or (adopt and not fixed):
            before, after = _sides(kind, name, want, thing, keys)

            def take() -> None:
                if keys:
                    kind.change(name, want, thing, keys)
                kind.take(thing)

            return Step(
                f"{kind.name}:{name}", "is taken over: has not the kit's mark", take,
                before={**before, "mark": None}, after={**after, "mark": kind.mark.tag},
            )  # fmt: skip
        before, after = _sides(kind, name, want, thing, keys)
        what = "; ".join(
            f"{k} is {json.dumps(before[k])}, not {json.dumps(after[k])}" for k in keys
        )
        remedy = (
            f"It cannot be changed to that ({', '.join(fixed)}): rename it or the model's"
            if fixed else "Run once with adopt: true to hand it over to the kit, or rename one"
        )  # fmt: skip
    else:
        what = f"there are {len(found)} of that name"
        remedy = "Rename or remove those that are not meant"
    plan.refusals.append(
        Refusal(f"{kind.name}-not-the-kits", f"{kind.name} {name} is not the kit's: {what}", remedy)
    )
    return None


def _sides(
    kind: Kind[W], name: str, want: W, thing: Thing, keys: Sequence[str]
) -> tuple[Thing, Thing]:
    wanted = kind.wanted(name, want)
    shown = kind.shown(thing, wanted)
    hidden = {key: "(hidden)" for key in keys if kind.secret(key)}
    return (
        {**{key: shown.get(key) for key in keys}, **hidden},
        {**{key: wanted[key] for key in keys}, **hidden},
    )


def checks(
    kind: Kind[W], wants: Mapping[str, W], things: Sequence[Thing], look: str
) -> list[Check]:
    """One check for each object that the model names; *look* is a command with {name}."""
    found = {kind.called(t): t for t in things if kind.marked(t)}
    made = []
    for name, want in wants.items():
        keys = differing(kind, name, want, found[name]) if name in found else ["is not there"]
        made.append(
            Check(f"{kind.name} {name}", not keys, "as the model says",
                  ", ".join(keys) or "as the model says", step=f"{kind.name}:{name}",
                  look=look.format(name=name))
        )  # fmt: skip
    return made
