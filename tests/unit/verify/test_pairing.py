"""Who meets whom: everybody, few times, never two at once on one host."""

from collections import Counter

from ansible.module_utils.verify.pairing import pairs, plan
from hypothesis import given
from hypothesis import strategies as st


def test_two_hosts_are_one_pair():
    groups = {"compute": ["a", "b"]}
    assert pairs(["a", "b"], groups) == [("a", "b", 0)]
    assert plan(["a", "b"], groups, "b") == [{"peer": "a", "role": "server", "round": 0}]


def test_a_host_alone_has_no_session():
    assert plan(["a"], {"compute": ["a", "b"]}, "a") == []


def test_the_odd_one_comes_after():
    assert pairs(["a", "b", "c"], {"compute": ["a", "b", "c"]}) == [("a", "b", 0), ("c", "b", 1)]


def test_singles_of_groups_meet():
    assert pairs(["a", "b"], {"x": ["a"], "y": ["b"]}) == [("a", "b", 0)]


GROUPS = st.lists(st.integers(0, 9), min_size=1, max_size=6).map(
    lambda counts: {f"g{n}": [f"g{n}h{m}" for m in range(count)] for n, count in enumerate(counts)}
)


@given(GROUPS)
def test_cost_for_each_host_is_bounded(groups):
    hosts = [host for members in groups.values() for host in members]
    found = pairs(hosts, groups)
    count = Counter(name for client, server, _round in found for name in (client, server))
    assert max(count.values(), default=0) <= 3
    if len(hosts) > 1:
        assert set(count) == set(hosts)
    for host in hosts:
        rounds = [session["round"] for session in plan(hosts, groups, host)]
        assert rounds == sorted(set(rounds))  # in order, one at a time
