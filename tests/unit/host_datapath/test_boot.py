"""Boot units and the gate: what they order, what they wait for, what is cleared away."""

import configparser

import pytest
from ansible.module_utils.host_datapath import boot
from ansible.module_utils.host_datapath.paths import (
    READY,
    UNIT_AFTER_NETWORK,
    UNIT_BEFORE_NETWORK,
)
from ansible.module_utils.host_datapath.spec import OpenVSwitch, Spec
from ansible.module_utils.system import System

NOVA = "nova-compute.service"


def units(spec):
    return {path.rpartition("/")[2]: text for path, (text, _) in boot.render(spec).items()}


def words(text, section, key):
    """All values of a key that may stand several times."""
    lines = text.partition(f"[{section}]")[2].partition("\n[")[0].splitlines()
    return " ".join(line.partition("=")[2] for line in lines if line.startswith(f"{key}=")).split()


@pytest.fixture
def spec():
    return Spec(host="host-1", gate_units=(NOVA,))


def test_the_names_and_vfs_come_before_any_manager(spec):
    text = units(spec)[UNIT_BEFORE_NETWORK]
    before = words(text, "Unit", "Before")
    assert {"network-pre.target", "systemd-networkd.service", "NetworkManager.service"} <= set(
        before
    )
    assert {boot.GUARD, "openibd.service"} <= set(words(text, "Unit", "After"))
    assert words(text, "Unit", "DefaultDependencies") == ["no"]


def test_an_unconfirmed_change_is_undone_before_the_datapath_comes_up(spec):
    text = units(spec)[boot.GUARD]
    assert {"network-pre.target", UNIT_BEFORE_NETWORK} <= set(words(text, "Unit", "Before"))
    assert words(text, "Unit", "ConditionPathExists") == [boot.PENDING]


def test_services_wait_for_the_lag(spec):
    text = units(spec)[UNIT_AFTER_NETWORK]
    assert {NOVA, "kubelet.service"} <= set(words(text, "Unit", "Before"))
    assert "openvswitch-switch.service" in words(text, "Unit", "After")
    assert words(text, "Service", "Restart") == ["on-failure"]


def test_kollas_open_vswitch_starts_after_the_vfs():
    spec = Spec(host="host-1", openvswitch=OpenVSwitch(runtime="kolla"))
    text = units(spec)[UNIT_AFTER_NETWORK]
    assert "openvswitch-switch.service" not in words(text, "Unit", "After")
    assert "kolla-openvswitch_vswitchd-container.service" in words(text, "Unit", "Before")


def test_the_gate_keeps_a_unit_out_and_stops_none(spec):
    path = f"{boot.UNITS}/{NOVA}.d/slipway-datapath.conf"
    text = boot.render(spec)[path][0]
    assert words(text, "Unit", "AssertPathExists") == [READY]
    assert not words(text, "Unit", "Requires")
    assert not words(text, "Unit", "BindsTo")


@pytest.mark.parametrize("name", boot.enabled())
def test_units_parse_and_start_at_boot(spec, name):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(units(spec)[name])
    assert parser["Install"]["WantedBy"] == "multi-user.target"
    assert parser["Service"]["ExecStart"].startswith(f"{boot.COMMAND} boot ")


def test_a_gate_that_left_the_model_is_owned(tmp_path, spec):
    system = System(str(tmp_path))
    for path, (text, mode) in boot.render(spec).items():
        system.write_file(path, text, mode)
    wanted = set(boot.render(Spec(host="host-1")))
    assert set(boot.owned(system)) - wanted == {f"{boot.UNITS}/{NOVA}.d/slipway-datapath.conf"}


def test_units_that_boot_would_not_start(tmp_path):
    system = System(str(tmp_path))
    wants = f"{boot.UNITS}/multi-user.target.wants"
    for unit in boot.enabled()[1:]:
        system.write_file(f"{wants}/{unit}", "")
    assert boot.disabled_now(system) == [boot.GUARD]
