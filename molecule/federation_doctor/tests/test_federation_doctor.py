"""The doctor names the right first broken step of each prepared fault, and whose side it is.

Real API servers, containerd, kubelets and schedulers; the engine is its test double.
"""

from __future__ import annotations

import json
import time

import pytest

# isort: off  in the order in which the faults are made
from . import link_faults, paper_faults, pod_faults  # noqa: F401
from .pair import FAULTS, LINK, Pair

HEALED = list(FAULTS)
from . import last_faults  # noqa: E402, F401

LAST = FAULTS[len(HEALED) :]
AUDIT = "/var/log/kubernetes/audit/audit.log"
PEER = "alpha:system:serviceaccount:admiralty:admiralty"
#: What it may send that is not a question by its verb.
KEPT_NOWHERE = ("dryRun=All", "selfsubject", "/serviceaccounts/admiralty/token")


def whole(pair: Pair) -> None:
    for site in (pair.alpha, pair.beta):
        step, _, said = site.doctor(*LINK)
        assert not step, said


def asked(pair: Pair, fault) -> None:
    """Break, ask all questions, heal; every answer is in the table."""
    wrong, work = [], fault.work(pair)
    next(work)
    try:
        for where, question, step, side in fault.questions:
            words = [word.format(**pair.names) for word in question]
            began = time.monotonic()
            got = pair.site(where).doctor(*words)
            seconds = time.monotonic() - began
            right = got[:2] == (step, side)
            verdict = f"{got[0]} ({got[1]})" + ("" if right else f", not {step} ({side})")
            pair.rows.append((fault.name, where, verdict, seconds))
            if not right:
                wrong.append(got[2])
    finally:
        next(work, None)
    assert not wrong, "\n".join(wrong)


def test_the_link_is_whole_seen_from_both_sides(pair: Pair):
    whole(pair)


def test_there_are_at_least_twenty_faults():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 20


def test_it_changes_nothing(pair: Pair):
    """As the API servers' own audit logs have it."""
    marks = {site: int(site.sh(f"wc -l < {AUDIT}")) for site in (pair.alpha, pair.beta)}
    whole(pair)
    # an administrator's in its own cluster, the engine's account in the other one
    for site, user in ((pair.alpha, "kubernetes-admin"), (pair.beta, PEER)):
        lines = site.sh(f"tail -n +{marks[site] + 1} {AUDIT}").splitlines()
        seen = [json.loads(line) for line in lines]
        mine = [each for each in seen if each["user"]["username"] == user]
        assert mine, f"the log of {site.name} has nothing of {user}"
        changes = {
            each["requestURI"]
            for each in mine
            if each["verb"] not in ("get", "list", "watch")
            and not any(kept in each["requestURI"] for kept in KEPT_NOWHERE)
        }
        assert not changes


@pytest.mark.parametrize("fault", HEALED, ids=lambda fault: fault.name)
def test_the_first_broken_step_is_named(pair: Pair, fault):
    asked(pair, fault)


def test_all_was_healed(pair: Pair):
    whole(pair)


@pytest.mark.parametrize("fault", LAST, ids=lambda fault: fault.name)
def test_the_first_broken_step_is_named_at_last(pair: Pair, fault):
    asked(pair, fault)
