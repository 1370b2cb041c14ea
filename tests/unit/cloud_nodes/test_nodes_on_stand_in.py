"""Bare-metal nodes on a STAND-IN of Ironic: every state to begin with, drift, failures named."""

import json

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.runner import side_by_side
from ansible.module_utils.cloud_nodes import CloudNodes, NodesSpec, SpecError
from ansible.module_utils.converge import ConvergeError, converge
from fakes.ironic import StandInIronic

SITE = "rack"
PASSWORD = {"default": {"username": "root", "password": "calvin-and-hobbes"}}


@pytest.fixture
def ironic():
    return StandInIronic()


def node(name, number=1, **more):
    return {
        "name": name, "driver": "fake-hardware", "resource_class": "gpu-a100x8",
        "driver_info": {"fake_address": f"10.0.0.{number}"},
        "traits": ["CUSTOM_GPU_A100_X8"], "properties": {"cpus": 128, "cpu_arch": "x86_64"},
        "extra": {"rack": "A/1"},
        "ports": [
            {"address": f"52:54:00:00:{number:02x}:0{port}", "pxe_enabled": port == 0,
             "physical_network": "physnet1", "grouped": True,
             "local_link_connection": {"switch_id": "00:11:22:33:44:55", "port_id": f"swp{port}"}}
            for port in range(2)
        ],
        "port_group": {"name": f"{name}-bond", "address": f"52:54:00:00:{number:02x}:00",
                       "mode": "802.3ad",
                       "properties": {"miimon": 100, "xmit_hash_policy": "layer3+4"}},
        **more,
    }  # fmt: skip


def subject(ironic, *nodes, credentials=PASSWORD, **more):
    cloud = Cloud(ironic, clock=ironic.clock)
    spec = NodesSpec.parse(list(nodes), credentials)
    return CloudNodes(cloud, spec, SITE, clock=ironic.clock, **{"timeout": 600, **more})


def bring(ironic, *nodes, check=False, **more):
    return converge(
        subject(ironic, *nodes, **more), check=check, clock=ironic.clock, runner=side_by_side(50)
    )


def unchanged(ironic, *nodes, **more):
    ironic.calls.clear()
    ironic.asked = 0
    assert not bring(ironic, *nodes, **more).changed
    assert ironic.calls == []


def test_a_new_node_with_all_that_belongs_to_it(ironic):
    told = bring(ironic, node("a"), check=True)
    assert told.changed and not ironic.nodes
    bring(ironic, node("a"))
    made = ironic.named("a")
    assert made["provision_state"] == "available" and made["power_state"] == "power off"
    assert made["traits"] == ["CUSTOM_GPU_A100_X8"] and made["extra"]["rack"] == "A/1"
    assert made["driver_info"]["fake_password"] == "calvin-and-hobbes"
    [group] = ironic.portgroups.values()
    assert group["properties"]["xmit_hash_policy"] == "layer3+4"
    assert {p["portgroup_uuid"] for p in ironic.ports.values()} == {group["uuid"]}
    unchanged(ironic, node("a"))


def test_nothing_to_do_is_three_lists_however_many_nodes(ironic):
    nodes = [node(f"n{i}", i) for i in range(1, 41)]
    bring(ironic, *nodes)
    unchanged(ironic, *nodes)
    assert ironic.asked == 3
    ironic.page = 7
    unchanged(ironic, *nodes)


FAULT = {"maintenance": True, "fault": "clean failure", "last_error": "ramdisk lost"}
#: Twenty states to begin with, and where a passing one ends by itself.
STARTS = {
    "absent": None,
    "enroll": {},
    "enroll-after-failure": {"last_error": "BMC away"},
    "verifying": {"then": "manageable"},
    "verifying-fails": {"state": "verifying", "then": "enroll"},
    "manageable": {},
    "manageable-off": {"state": "manageable", "power_state": "power off"},
    "available": {},
    "available-off": {"state": "available", "power_state": "power off"},
    "cut-while-plugged": {"state": "available", "maintenance": True,
                          "maintenance_reason": "slipway changes its ports"},
    "cleaning": {"then": "available"},
    "clean-wait": {"state": "clean wait", "then": "available"},
    "cleaning-fails": {"state": "cleaning", "then": "clean failed", "fields": FAULT},
    "clean-failed": {"state": "clean failed", **FAULT},
    "inspecting": {"then": "manageable"},
    "inspect-wait": {"state": "inspect wait", "then": "inspect failed"},
    "inspect-failed": {"state": "inspect failed"},
    "adopt-failed": {"state": "adopt failed"},
    "deploy-failed": {"state": "deploy failed"},
    "error": {"last_error": "tear down failed"},
}  # fmt: skip


def place(ironic, name, start):
    if start is None:
        return
    fields = dict(start)
    state, then = fields.pop("state", name.partition("-")[0]), fields.pop("then", None)
    more = fields.pop("fields", {})
    made = ironic.enroll(name, provision_state=state, **fields)
    if then:
        ironic.passes(made, then, **more)


def test_twenty_nodes_each_from_another_state_two_that_fail_are_named(ironic):
    assert len(STARTS) == 20
    nodes = [node(name, number) for number, name in enumerate(STARTS, 1)]
    for name, start in STARTS.items():
        place(ironic, name, start)
    ironic.broken = {
        ("enroll-after-failure", "manage"): "Failed to get power state: 401",
        ("deploy-failed", "provide"): "never asked",
        ("adopt-failed", "provide"): "Timeout reached\nwhile cleaning the node",
    }
    with pytest.raises(ConvergeError) as caught:
        bring(ironic, *nodes, adopt=True)
    said = str(caught.value)
    assert (
        "node:enroll-after-failure: manage failed, it is in state 'enroll': Failed to get power "
        "state: 401. Look at the BMC's address, credentials and network." in said
    )
    assert "node:adopt-failed: provide failed" in said and "Timeout reached while cleaning" in said
    assert said.count("node:") == 2
    away = {"enroll-after-failure", "adopt-failed"}
    states = {name: ironic.named(name)["provision_state"] for name in STARTS}
    assert {name for name, state in states.items() if state != "available"} == away
    assert all(ironic.named(n)["power_state"] == "power off" for n in set(STARTS) - away)

    ironic.broken.clear()
    bring(ironic, *nodes, adopt=True)
    unchanged(ironic, *nodes)


@pytest.mark.parametrize("start", [name for name in STARTS if name != "absent"])
def test_manageable_is_a_state_to_stay_in(ironic, start):
    place(ironic, start, STARTS[start])
    wanted = node(start, state="manageable")
    bring(ironic, wanted, adopt=True)
    assert ironic.named(start)["provision_state"] == "manageable"
    unchanged(ironic, wanted)


def drifted(ironic):
    made = ironic.named("a")
    first = min(ironic.ports.values(), key=lambda p: p["address"])
    [group] = ironic.portgroups.values()
    return made, first, group


DRIFT = {
    "trait": lambda n, p, g: n["traits"].append("CUSTOM_OTHER"),
    "property": lambda n, p, g: n["properties"].update(cpus=1),
    "property gone": lambda n, p, g: n["properties"].clear(),
    "extra": lambda n, p, g: n["extra"].update(rack="B"),
    "BMC": lambda n, p, g: n["driver_info"].update({"fake_address": "10.9.9.9"}),
    "user": lambda n, p, g: n["driver_info"].update({"fake_username": "guest"}),
    "class": lambda n, p, g: n.update(resource_class="other"),
    "hash policy": lambda n, p, g: g["properties"].update(xmit_hash_policy="layer2"),
    "bond mode": lambda n, p, g: g.update(mode="active-backup"),
    "miimon": lambda n, p, g: g["properties"].pop("miimon"),
    "pxe": lambda n, p, g: p.update(pxe_enabled=False),
    "link": lambda n, p, g: p["local_link_connection"].update(port_id="swp9"),
    "network": lambda n, p, g: p.update(physical_network="physnet9"),
    "out of the bond": lambda n, p, g: p.update(portgroup_uuid=None),
    "mark of a port": lambda n, p, g: p["extra"].clear(),
    "state": lambda n, p, g: n.update(provision_state="manageable"),
}


@pytest.mark.parametrize("what", DRIFT)
def test_drift_is_found_by_check_mode_and_corrected(ironic, what):
    bring(ironic, node("a"))
    DRIFT[what](*drifted(ironic))
    assert bring(ironic, node("a"), check=True).changed
    bring(ironic, node("a"))
    unchanged(ironic, node("a"))
    made, port, group = drifted(ironic)
    assert made["traits"] == ["CUSTOM_GPU_A100_X8"] and not made["maintenance"]
    assert str(made["properties"]["cpus"]) == "128" and made["provision_state"] == "available"
    assert group["properties"] == {"miimon": 100, "xmit_hash_policy": "layer3+4"}
    assert port["local_link_connection"]["port_id"] == "swp0"
    assert port["portgroup_uuid"] == group["uuid"] and port["physical_network"] == "physnet1"


def test_another_physical_network_for_all_members(ironic):
    bring(ironic, node("a"))
    moved = node("a")
    for port in moved["ports"]:
        port["physical_network"] = "physnet2"
    bring(ironic, moved)
    assert {p["physical_network"] for p in ironic.ports.values()} == {"physnet2"}
    unchanged(ironic, moved)


def test_a_node_in_use_keeps_its_state_and_its_plugs(ironic):
    bring(ironic, node("a"))
    made, port, _ = drifted(ironic)
    made.update(provision_state="active", instance_uuid="i-1", power_state="power on")
    made["traits"].append("CUSTOM_OTHER")
    port["pxe_enabled"] = False
    result = bring(ironic, node("a", bios={"SriovGlobalEnable": "Enabled"}))
    assert made["traits"] == ["CUSTOM_GPU_A100_X8"]
    assert made["provision_state"] == "active" and port["pxe_enabled"] is False
    [left] = result.left
    assert "is in use: active, instance i-1; waits: port 52:54:00:00:01:00" in left
    assert "bios.SriovGlobalEnable" in left
    unchanged(ironic, node("a"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"maintenance": True, "maintenance_reason": "new fan"}, "in maintenance: new fan"),
        ({"maintenance": True, "fault": "power failure"}, "in maintenance: power failure"),
        ({"provision_state": "clean hold"}, "is held"),
        ({"retired": True}, "is retired"),
    ],
)
def test_what_a_person_keeps_away_is_left(ironic, fields, said):
    bring(ironic, node("a"))
    ironic.named("a").update(traits=[], **fields)
    ironic.calls.clear()
    assert any(said in left for left in bring(ironic, node("a")).left)
    assert not [path for _, path in ironic.calls if "/states/" in path]


def test_a_strangers_node_is_refused_or_handed_over(ironic):
    ironic.enroll("a", resource_class="theirs")
    with pytest.raises(ConvergeError, match="cloud_nodes_adopt: true"):
        bring(ironic, node("a"))
    assert ironic.calls == []
    bring(ironic, node("a"), adopt=True)
    unchanged(ironic, node("a"))


def test_removed_is_only_what_the_kit_made_and_nobody_uses(ironic):
    bring(ironic, node("a", 1), node("b", 2), node("c", 3))
    ironic.named("b").update(provision_state="active", instance_uuid="i-1")
    ironic.enroll("theirs")
    result = bring(ironic, node("c", 3))
    assert {n["name"] for n in ironic.nodes.values()} == {"b", "c", "theirs"}
    [left] = result.left
    assert "node b: the model no longer names it, but it is in use" in left
    unchanged(ironic, node("c", 3))


def test_ports_that_the_kit_did_not_make_are_listed(ironic):
    bring(ironic, node("a"))
    uuid = ironic.named("a")["uuid"]
    ironic._create("ports", {"address": "aa:bb:cc:00:00:01", "node_uuid": uuid, "extra": {}})
    result = bring(ironic, node("a"))
    assert not result.changed and result.left == ["node a: port aa:bb:cc:00:00:01"]
    smaller = node("a", port_group=None)
    smaller["ports"] = smaller["ports"][:1]
    bring(ironic, smaller)
    assert len(ironic.ports) == 2 and not ironic.portgroups


def test_a_mac_of_another_node_is_refused(ironic):
    bring(ironic, node("a", 1))
    with pytest.raises(ConvergeError, match="52:54:00:00:01:00 is a port of node"):
        bring(ironic, node("a", 1), node("b", 1))


def test_bios_and_raid_by_clean_steps(ironic):
    raid = {"logical_disks": [{"size_gb": "MAX", "raid_level": "1", "is_root_volume": True}]}
    wanted = node("a", bios={"SriovGlobalEnable": "Enabled"}, raid=raid)
    bring(ironic, wanted)
    assert ironic.settings["a"] == {"SriovGlobalEnable": "Enabled"}
    assert ironic.named("a")["raid_config"] == raid
    unchanged(ironic, wanted)
    ironic.settings["a"]["SriovGlobalEnable"] = "Disabled"
    bring(ironic, wanted)
    assert ironic.settings["a"] == {"SriovGlobalEnable": "Enabled"}
    assert ironic.named("a")["provision_state"] == "available"
    unchanged(ironic, wanted)


def test_inspected_once_and_the_model_wins(ironic):
    wanted = node("a", inspect=True)
    bring(ironic, wanted)
    made = ironic.named("a")
    assert made["inspection_finished_at"] and str(made["properties"]["cpus"]) == "128"
    unchanged(ironic, wanted)


def test_a_password_is_written_once_and_again_when_it_changes(ironic):
    bring(ironic, node("a"))
    result = bring(
        ironic, node("a"), credentials={"a": {"username": "root", "password": "new-one"}}
    )
    assert ironic.named("a")["driver_info"]["fake_password"] == "new-one"
    text = json.dumps(result.as_dict()) + json.dumps(ironic.named("a")["extra"])
    assert "new-one" not in text and "calvin" not in text and "(hidden, as given)" in text
    # a run without the vaulted file takes nothing away
    unchanged(ironic, node("a"), credentials={})


def test_time_is_over(ironic):
    made = ironic.enroll("a", provision_state="clean wait")
    assert made
    with pytest.raises(ConvergeError, match="after 60 s still in state 'clean wait'"):
        bring(ironic, node("a"), adopt=True, timeout=60)


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_cut_run_is_finished_by_running_again(ironic, cut):
    real, count = ironic.send, 0

    def send(service, method, path, **more):
        nonlocal count
        count += method != "GET"
        if count > cut:
            raise OSError("power cut")
        return real(service, method, path, **more)

    wanted = node("a", bios={"X": "1"}, inspect=True)
    ironic.send = send
    try:
        bring(ironic, wanted)
    except (ConvergeError, OSError):
        ironic.send = real
        bring(ironic, wanted)
    ironic.send = real
    assert len(ironic.nodes) == 1 and len(ironic.ports) == 2 and len(ironic.portgroups) == 1
    unchanged(ironic, wanted)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"driver_info": {"redfish_password": "x-y"}}, "driver_info.redfish_password is a secret"),
        ({"extra": {"slipway": 1}}, "extra.slipway is the kit's own"),
        ({"state": "active"}, "'active' is none of manageable, available"),
        ({"colour": "red"}, "colour: unknown key"),
    ],
)
def test_wrong_input_is_named(change, said):
    with pytest.raises(SpecError, match=said) as caught:
        NodesSpec.parse([node("a", **change)], {})
    assert "x-y" not in str(caught.value)


def test_credentials_of_an_unknown_node():
    with pytest.raises(SpecError, match="gpu-9 is no node of the model"):
        NodesSpec.parse([node("a")], {"gpu-9": {"password": "x"}})
