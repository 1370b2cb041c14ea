"""The RDMA device plugin's objects, from the example sites."""

import json
from pathlib import Path

import pytest
from ansible.module_utils.site_model.derive.rdma_plugin import rdma_plugin_objects
from ansible.module_utils.site_model.inventory import read_inventory
from ansible.module_utils.site_model.source import Source
from ansible.module_utils.site_model.view import item, section

INVENTORIES = Path(__file__).resolve().parents[3] / "inventories"
IMAGE = "mirror.example/rdma@sha256:0"


def objects(site, name, **changes):
    sections = read_inventory(INVENTORIES / site, Source()).sections
    cluster = item(sections, "site_clusters", name).model_copy(update=changes)
    parts = (section(sections, f"site_{part}") for part in ("host_groups", "nic_profiles"))
    return rdma_plugin_objects(cluster, *parts, IMAGE)


def test_a_bond_is_offered_by_the_devices_of_its_ports():
    config, daemons = objects("example-federation/site-a", "research")
    found = json.loads(config["data"]["config.json"])["configList"]
    assert found == [
        {
            "resourcePrefix": "rdma", "resourceName": "rdma", "rdmaHcaMax": 64,
            "selectors": {"ifNames": ["data0", "data1"]},
        }
    ]  # fmt: skip
    container = daemons["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == IMAGE
    assert {m["mountPath"] for m in container["volumeMounts"]} >= {
        "/k8s-rdma-shared-dev-plugin", "/var/lib/kubelet/device-plugins", "/dev/infiniband",
    }  # fmt: skip


def test_a_vf_is_offered_by_itself():
    config, _ = objects("lab-alpha", "alpha", rdma_plugin="shared")
    (found,) = json.loads(config["data"]["config.json"])["configList"]
    assert found["selectors"] == {"ifNames": ["data0v0"]}


def test_sites_own_plugin_gets_its_own_form():
    config, daemons = objects("lab-alpha", "alpha", rdma_plugin="sriov")
    (found,) = json.loads(config["data"]["config.json"])["resourceList"]
    assert found["selectors"] == {"pfNames": ["data0#0"], "isRdma": True}
    container = daemons["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["--config-file=/etc/pcidp/config.json"]
    assert "/etc/pcidp" in {m["mountPath"] for m in container["volumeMounts"]}


@pytest.mark.parametrize("changes", [{}, {"rdma_plugin": "shared", "fabrics": {}}])
def test_the_stand_in_and_clusters_without_rdma_have_none(changes):
    assert objects("lab-alpha", "alpha", **changes) == []
