"""Bare-metal nodes on a real Ironic (fake hardware): every state to begin with, drift, failures.

States that only time or a fault brings are written into Ironic's database; what leads out of
them is Ironic's own.
"""

import copy

import pytest
from clouds import OTHER, play

from lab.cloud import infra
from lab.cloud.settings import Settings
from lab.paths import Paths

TAGS = ["nodes"]


def node(number, **more):
    """As the model has it."""
    return {
        "driver": "fake-hardware", "resource_class": "d-class", "traits": ["CUSTOM_D"],
        "properties": {"cpus": 64, "memory_mb": 262144, "local_gb": 400},
        "extra": {"rack": "d/1"},
        "ports": [
            {"mac_address": f"52:54:04:00:{number:02x}:{port:02x}", "pxe": port == 0,
             "physical_network": "physnet1",
             "link": {"switch_id": "52:54:00:79:fe:00", "port_id": f"Ethernet{number}/{port}"}}
            for port in range(2)
        ],
        "port_group": {"mode": "802.3ad", "transmit_hash_policy": "layer3+4"},
        **more,
    }  # fmt: skip


def bring(nodes, **more):
    cloud = {"release": "2026.1", "nodes": nodes}
    return play(tags=TAGS, site=OTHER, site_openstack=cloud, cloud_nodes_timeout=90, **more)


def seen(cloud):
    """Nodes of these tests by name."""
    found = cloud.list("baremetal", "/nodes/detail", "nodes")
    return {each["name"]: each for each in found if (each["name"] or "").startswith("d-")}


def by_hand(statement):
    infra.sql(Settings(Paths.of()), f"USE ironic; {statement};\n")


def placed(name, state, **fields):
    """The node is in that state, as after a fault."""
    values = {"provision_state": f"'{state}'", **fields}
    given = ", ".join(f"{key}={value}" for key, value in values.items())
    by_hand(f"UPDATE nodes SET {given} WHERE name='{name}'")


@pytest.fixture
def gone(cloud):
    yield
    for each in seen(cloud).values():
        if each["maintenance"]:
            cloud.change("baremetal", "DELETE", f"/nodes/{each['uuid']}/maintenance")
        placed(each["name"], "enroll", instance_uuid="NULL")
        cloud.delete("baremetal", f"/nodes/{each['uuid']}")


OFF = {"power_state": "'power off'"}
FAULT = {"maintenance": 1, "fault": "'clean failure'", "last_error": "'ramdisk lost'"}
CUT = {"maintenance": 1, "maintenance_reason": "'slipway changes its ports'"}
#: Where each of them begins: written by hand, or None to enroll, or a verb just sent.
STARTS = {
    "absent": None,
    "enroll": ("enroll", {}),
    "enroll-failed": ("enroll", {"last_error": "'BMC away'"}),
    "manageable": ("manageable", {}),
    "manageable-off": ("manageable", OFF),
    "available": ("available", {}),
    "available-off": ("available", OFF),
    "cut-while-plugged": ("available", {**OFF, **CUT}),
    "cut-while-manageable": ("manageable", {**OFF, **CUT}),
    "clean-failed": ("clean failed", FAULT),
    "clean-failed-open": ("clean failed", {"last_error": "'ramdisk lost'"}),
    "inspect-failed": ("inspect failed", OFF),
    "adopt-failed": ("adopt failed", {}),
    "deploy-failed": ("deploy failed", OFF),
    "error": ("error", {"last_error": "'tear down failed'"}),
    "verifying": "manage",
    "cleaning": "provide",
    "inspecting": "inspect",
    "bmc-away": ("enroll", {}),
    "no-such-step": ("available", OFF),
}  # fmt: skip


def begin(cloud, name, start):
    if start is None:
        return
    body = {"name": f"d-{name}", "driver": "fake-hardware"}
    uuid = cloud.call("baremetal", "POST", "/nodes", body)["uuid"]
    if isinstance(start, tuple):
        placed(f"d-{name}", start[0], **start[1])
        return
    placed(f"d-{name}", "enroll" if start == "manage" else "manageable")
    cloud.change("baremetal", "PUT", f"/nodes/{uuid}/states/provision", {"target": start})


def test_twenty_nodes_each_from_another_state_two_that_fail_are_named(cloud, gone):
    assert len(STARTS) == 20
    nodes = {f"d-{name}": node(number) for number, name in enumerate(STARTS)}
    for name, start in STARTS.items():
        begin(cloud, name, start)
    # a CA that is not there; and an interface that has no such clean step
    broken = {
        "d-bmc-away": {"driver": "redfish", "address": "https://127.0.0.1:9",
                       "driver_info": {"redfish_verify_ca": "/no/such/ca.pem"}},
        "d-no-such-step": {"interfaces": {"bios": "no-bios"}, "bios": {"Sriov": "Enabled"}},
    }  # fmt: skip
    for name, change in broken.items():
        nodes[name] |= change
    secret = {"default": {"username": "root", "password": "calvin-and-hobbes"}}
    failed = bring(nodes, cloud_nodes_adopt=True, cloud_nodes_credentials=secret)
    assert failed.status != 0
    (said,) = failed.failures
    assert said.count("node:d-") == 2
    assert "node:d-bmc-away: manage failed, it is in state 'enroll'" in said
    assert "node:d-no-such-step: " in said
    assert "calvin" not in failed.text + failed.errors
    states = {name: each["provision_state"] for name, each in seen(cloud).items()}
    assert {n for n, state in states.items() if state != "available"} == set(broken), states

    whole = {name: node(number) for number, name in enumerate(nodes)}
    bring(whole, cloud_nodes_credentials=secret).well()
    after = seen(cloud)
    assert {each["provision_state"] for each in after.values()} == {"available"}
    assert {each["power_state"] for each in after.values()} == {"power off"}
    assert all(each["traits"] == ["CUSTOM_D"] for each in after.values())
    again = bring(whole, cloud_nodes_credentials=secret).well()
    assert (again.changed, again.steps) == (0, {})
    anew = {"default": {"username": "root", "password": "another-one"}}
    changed = bring(whole, cloud_nodes_credentials=anew).well()
    assert len(changed.steps) == 20 and "another-one" not in changed.text


@pytest.fixture
def one(cloud, gone):
    """A node as it is to be, with its ports and its bond."""
    bring({"d-one": node(1)}).well()
    uuid = seen(cloud)["d-one"]["uuid"]
    ports = cloud.list("baremetal", "/ports/detail", "ports", {"node_uuid": uuid})
    (group,) = cloud.list("baremetal", "/portgroups/detail", "portgroups", {"node": uuid})
    return {"nodes": uuid, "ports": min(ports, key=lambda p: p["address"])["uuid"],
            "portgroups": group["uuid"]}  # fmt: skip


#: Kind, what is changed by hand, and whether the node has to be taken out first.
DRIFT = {
    "property": ("nodes", "/properties/cpus", 1),
    "extra": ("nodes", "/extra/rack", "elsewhere"),
    "class": ("nodes", "/resource_class", "other"),
    "hash policy": ("portgroups", "/properties/xmit_hash_policy", "layer2"),
    "miimon": ("portgroups", "/properties/miimon", "1"),
    "bond mode": ("portgroups", "/mode", "active-backup"),
    "pxe": ("ports", "/pxe_enabled", False),
    "link": ("ports", "/local_link_connection/port_id", "Ethernet9/9"),
}  # fmt: skip


def test_drift_is_found_by_check_mode_and_corrected(cloud, one):
    out = f"/nodes/{one['nodes']}/maintenance"
    cloud.change("baremetal", "PUT", out, {"reason": "by hand"})
    for kind, path, value in DRIFT.values():
        patch = [{"op": "replace", "path": path, "value": value}]
        cloud.change("baremetal", "PATCH", f"/{kind}/{one[kind]}", patch)
    cloud.change("baremetal", "DELETE", out)
    cloud.change("baremetal", "PUT", f"/nodes/{one['nodes']}/traits", {"traits": ["CUSTOM_X"]})
    checked = play(
        tags=TAGS, check=True, site=OTHER,
        site_openstack={"release": "2026.1", "nodes": {"d-one": node(1)}},
    )  # fmt: skip
    found = checked.well().steps["node:d-one"]["before"]
    assert {"properties.cpus", "extra.rack", "resource_class", "traits"} <= found.keys()
    assert {"port group d-one-bond", "port 52:54:04:00:01:00"} <= found.keys()
    done = bring({"d-one": node(1)}).well()
    assert list(done.steps) == ["node:d-one"]
    assert bring({"d-one": node(1)}).well().changed == 0
    bond = cloud.get("baremetal", f"/portgroups/{one['portgroups']}")
    assert bond["properties"] == {"miimon": 100, "xmit_hash_policy": "layer3+4"}
    assert not seen(cloud)["d-one"]["maintenance"]


def test_another_physical_network_and_no_bond_at_all(cloud, one):
    moved = node(1)
    for port in moved["ports"]:
        port["physical_network"] = "physnet2"
    bring({"d-one": moved}).well()
    ports = cloud.list("baremetal", "/ports/detail", "ports", {"node_uuid": one["nodes"]})
    assert {port["physical_network"] for port in ports} == {"physnet2"}
    alone = copy.deepcopy(moved)
    del alone["port_group"], alone["ports"][1]
    bring({"d-one": alone}).well()
    ports = cloud.list("baremetal", "/ports/detail", "ports", {"node_uuid": one["nodes"]})
    assert [port["portgroup_uuid"] for port in ports] == [None]
    assert bring({"d-one": alone}).well().changed == 0


def test_bios_settings_by_a_clean_step(cloud, one):
    wanted = node(1, bios={"SriovGlobalEnable": "Enabled"})
    bring({"d-one": wanted}).well()
    (setting,) = cloud.get("baremetal", f"/nodes/{one['nodes']}/bios")["bios"]
    assert (setting["name"], setting["value"]) == ("SriovGlobalEnable", "Enabled")
    assert bring({"d-one": wanted}).well().changed == 0


def test_a_node_in_use_and_one_that_a_person_keeps(cloud, one):
    placed("d-one", "active", instance_uuid="UUID()")
    changed = node(1, traits=["CUSTOM_D", "CUSTOM_MORE"])
    changed["ports"][0]["pxe"] = False
    done = bring({"d-one": changed}).well()
    (left,) = done.left
    assert "d-one: is in use: active" in left and "waits: port 52:54:04:00:01:00" in left
    assert sorted(seen(cloud)["d-one"]["traits"]) == ["CUSTOM_D", "CUSTOM_MORE"]
    assert bring({"d-one": changed}).well().changed == 0
    placed("d-one", "available", instance_uuid="NULL")
    body = {"reason": "new fan"}
    cloud.change("baremetal", "PUT", f"/nodes/{one['nodes']}/maintenance", body)
    assert any("is in maintenance: new fan" in each for each in bring({"d-one": node(1)}).left)


def test_what_the_model_no_longer_names(cloud, one):
    cloud.call("baremetal", "POST", "/nodes", {"name": "d-theirs", "driver": "fake-hardware"})
    refused = bring({"d-theirs": node(2)})
    assert refused.status != 0 and "cloud_nodes_adopt: true" in refused.failures[0]
    done = bring({}).well()
    assert list(done.steps) == ["node:d-one:delete"]
    assert set(seen(cloud)) == {"d-theirs"}
