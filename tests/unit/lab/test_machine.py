import pytest

from lab.errors import LabError
from lab.instance import ALL
from lab.machine import Machine


def test_name_gives_address_and_macs():
    machine = Machine.named("host-2")
    assert machine.address == "192.168.77.12"
    assert machine.management_mac == "52:54:00:77:00:12"
    assert machine.port_macs == ["52:54:00:82:12:00", "52:54:00:82:12:01"]


def test_nothing_is_shared_between_machines():
    for values in (
        [each.machine_id for each in ALL],
        [each.address for each in ALL],
        [each.management_mac for each in ALL],
        [mac for each in ALL for mac in each.port_macs],
        [tap for each in ALL for tap in (each.management_tap, *each.port_taps)],
    ):
        assert len(values) == len(set(values))


def test_tap_names_fit_the_kernel():
    assert all(len(tap) <= 15 for each in ALL for tap in (each.management_tap, *each.port_taps))


@pytest.mark.parametrize("name", ["host", "host-0", "host-10", "guest-1", "", "host-1 ", "../x"])
def test_unknown_names_are_refused_with_the_known_ones(name):
    with pytest.raises(LabError, match="host-1…host-9"):
        Machine.named(name)
