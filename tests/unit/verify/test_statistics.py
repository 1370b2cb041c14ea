"""The spread that chance gives, against values worked out by hand."""

import pytest
from ansible.module_utils.verify.statistics import binomial_range, median, spread
from hypothesis import given
from hypothesis import strategies as st


def test_range_of_a_few_flows_is_everything():
    # one in 2**4 that all four flows take one member: far more often than the risk
    assert binomial_range(4, 0.5) == (0, 4)


def test_range_of_many_flows():
    # 100 fair coins: outside of 26 to 74 less than once in a million (exact sum)
    assert binomial_range(100, 0.5) == (26, 74)


@given(st.integers(1, 300), st.sampled_from([0.5, 1 / 3, 0.25]))
def test_range_holds_what_it_promises(flows, probability):
    from math import comb

    low, high = binomial_range(flows, probability)

    def mass(numbers):
        return sum(
            comb(flows, k) * probability**k * (1 - probability) ** (flows - k) for k in numbers
        )

    assert 0 <= low <= flows * probability <= high <= flows
    assert mass(range(low)) + mass(range(high + 1, flows + 1)) <= 1e-6


@pytest.mark.parametrize(("flows", "probability"), [(0, 0.5), (5, 0), (5, 1)])
def test_no_distribution(flows, probability):
    with pytest.raises(ValueError, match="no distribution"):
        binomial_range(flows, probability)


def test_a_fair_spread():
    # bytes as counted on a lab host's bond: 48 flows
    seen = spread({"data0": 5378442, "data1": 4744018}, 48)
    assert seen.fair
    assert seen.idle == []
    assert seen.share("data0") == pytest.approx(0.5313, abs=1e-4)


def test_all_on_one_member():
    # layer2: acknowledgements and LACPDUs only on the other one
    seen = spread({"data0": 10_000_000, "data1": 4_000}, 48)
    assert seen.idle == ["data1"]
    assert not seen.fair


def test_both_carry_but_unfairly():
    seen = spread({"data0": 95, "data1": 5}, 256)
    assert seen.idle == []
    assert not seen.fair


def test_nothing_carried_is_not_fair():
    assert not spread({"data0": 0, "data1": 0}, 48).fair


def test_one_member_has_no_spread():
    with pytest.raises(ValueError, match="two members"):
        spread({"data0": 1}, 48)


def test_median():
    assert median([3, 1, 2]) == 2
    assert median([4, 1, 2, 3]) == 2.5
