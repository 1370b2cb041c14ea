"""The filters as templates use them."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible.module_utils.site_model.inventory import read_inventory
from ansible.module_utils.site_model.source import Source

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def filters():
    path = CHECKOUT / "plugins" / "filter" / "site.py"
    spec = importlib.util.spec_from_file_location("site_filters", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FilterModule().filters()


@pytest.fixture(scope="module")
def rack():
    return read_inventory(CHECKOUT / "inventories" / "example-rack", Source())


def test_each_filter_gives_something(filters, rack):
    host = rack.hosts["compute-1"].as_site_host()
    of_host = ["host_datapath", "host_rdma", "host_kernel", "host_udev_names", "device_spec"]
    for name in [*of_host, "bridge_mappings"]:
        assert filters[name](rack.sections, host), name
    peers = [rack.hosts["compute-2"].as_site_host()]
    assert filters["host_verify"](rack.sections, host, peers)["peers"]
    whole = ["network_vlan_ranges", "cloud_networks", "cloud_projects", "cloud_flavors"]
    for name in [*whole, "cloud_image_recipes", "cloud_security_groups"]:
        assert filters[name](rack.sections), name
    file = {"source": "/srv/metal.qcow2", "sha256": "0" * 64}
    images = filters["cloud_images"](rack.sections, {"debian-13-metal": file})
    assert images["debian-13-metal"]["source"] == file["source"] and len(images) == 2
    assert filters["cloud_images"](rack.sections)["debian-13-metal"]["sha256"] == ""
    assert filters["cloud_routers"](rack.sections) == {}
    for name in ("fabric_objects", "rdma_resources"):
        assert filters[name](rack.sections, "main"), name
    alpha = read_inventory(CHECKOUT / "inventories/lab-alpha", Source())
    nodes = [node.as_site_host() for node in alpha.hosts.values()]
    assert filters["host_cluster"](alpha.sections, nodes[0])["cluster"] == "alpha"
    assert filters["cluster_node_marks"](alpha.sections, nodes)[0]["labels"] == {}
    others = [{"site_host_index": n["index"], "ansible_host": n["address"]} for n in nodes[1:]]
    assert len(filters["host_pod_routes"](alpha.sections, nodes[0], others)) == 4
    assert list(filters["host_pod_networks"](alpha.sections, nodes[0])) == ["storage", "rdma"]
    virtual = alpha.hosts["worker-1"].as_site_host()
    assert filters["host_pod_rdma"](alpha.sections, virtual)["parents"] == {
        "data0v0": {"port": "data0", "vf": 0, "mtu": 9000}
    }
    assert filters["host_pod_rdma"](alpha.sections, nodes[0])["resources"] == {}
    assert filters["rdma_plugin_objects"](rack.sections, "main", "image@sha256:0")
    with pytest.raises(AnsibleFilterError, match="rdma_plugin_image"):
        filters["rdma_plugin_objects"](rack.sections, "main", "")
    other = read_inventory(CHECKOUT / "inventories/example-federation/site-a", Source()).sections
    assert filters["link_quota"](other, "a-to-b")["pods"] == "50"
    assert filters["link_terms"](other, "a-to-b")["source"] == "site-a"


def test_hosts_of_one_cluster(filters):
    ha, beta = ([str(CHECKOUT / "inventories" / name)] for name in ("lab-alpha-ha", "lab-beta"))
    planes, nodes = filters["site_control_planes"], filters["site_cluster_nodes"]
    assert planes("all", ha, "alpha") == "alpha_control:&all"
    assert nodes("all", ha + beta, "alpha") == "alpha_control:alpha_workers:&all"
    assert "beta_control" in nodes("all", ha + beta)
    for name in ("gamma", ""):
        with pytest.raises(AnsibleFilterError, match=r"no cluster 'gamma'|say which cluster"):
            planes("all", ha, name)
    workers = filters["site_cluster_workers"]
    assert workers("all", ha, "alpha") == "alpha_control:alpha_workers:&all:!alpha_control"
    for name in ("", "alpha"):  # a look at the syntax has no inventory
        assert planes("all", [], name) == workers("all", [], name) == "!all"


def test_a_broken_model_is_one_line(filters, rack):
    profiles = {"connectx-6": {**rack.sections["site_nic_profiles"]["connectx-6"], "vfs": "x"}}
    broken = {**rack.sections, "site_nic_profiles": profiles}
    with pytest.raises(AnsibleFilterError, match=r"connectx-6\.vfs = x: is text") as caught:
        filters["host_datapath"](broken, rack.hosts["compute-1"].as_site_host())
    assert "\n" not in str(caught.value)


def test_files_that_are_not_yaml_are_all_named(filters, site):
    copy = site("example-rack")
    readable = filters["site_where_readable"]
    assert readable("localhost", [str(copy.folder)]) == "localhost"
    copy.file("site").write_text("site: {\n")
    copy.file("nics").write_bytes(b"\xff\xfe")
    copy.change("fabrics", "vlan: 200", "vlan: 100")
    with pytest.raises(AnsibleFilterError, match=r"vlan-clash.*\n.*nics\.yml:1.*\n.*site\.yml:2"):
        readable("localhost", [str(copy.file("inventory"))])


def test_a_play_of_hosts_refuses_what_validate_refuses(filters, tmp_path):
    valid = filters["site_where_valid"]
    rack = CHECKOUT / "inventories" / "example-rack"
    (tmp_path / "other").mkdir()
    assert valid("all", [str(tmp_path / "other"), str(rack)]) == "all"
    assert valid("all", ["/etc/ansible/hosts"]) == "all"
    copy = tmp_path / "site"
    shutil.copytree(rack, copy)
    nics = copy / "group_vars" / "all" / "nics.yml"
    nics.write_text(
        nics.read_text().replace("eswitch_mode:", "eswich_mode:").replace("vfs: 16", "vfs: 80")
    )
    with pytest.raises(AnsibleFilterError) as refused:
        valid("all", [str(copy)])
    # both at once: a key that is not known hides no rule
    assert "vf-count" in str(refused.value)
    assert "unknown-key" in str(refused.value)
    assert valid("all", [str(copy)], False) == "all"


def test_a_clusters_play_is_for_its_nodes_only(filters):
    alpha, lab = (str(CHECKOUT / "inventories" / name) for name in ("lab-alpha", "lab"))
    nodes = filters["site_cluster_nodes"]
    assert nodes("all:!localhost", [alpha]) == (
        "alpha_control:alpha_workers:alpha_vms:&all:!localhost"
    )
    assert nodes("all:!localhost", [lab]) == "!all"
