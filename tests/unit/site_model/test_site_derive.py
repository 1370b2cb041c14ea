"""What follows from the model: hosts, cloud, clusters, links."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.cluster_network import fabric_program
from ansible.module_utils.site_model.derive import (
    attachments,
    bare_metal,
    cloud,
    cloud_objects,
    cloud_verify,
    cluster,
    datapath,
    federation,
    kernel,
    names,
    rdma,
    servers,
    verify,
)
from ansible.module_utils.site_model.inventory import read_inventory
from ansible.module_utils.site_model.problems import ModelError, nearest
from ansible.module_utils.site_model.source import Source
from ansible.module_utils.site_model.view import HostView, host_view, item, section
from ansible.module_utils.verify.spec import evidence, sessions

Opened = tuple[dict[str, Any], Callable[[str], HostView]]


@pytest.fixture
def opened(site) -> Callable[..., Opened]:
    """``opened(site, (file, old, new)…)``: its sections, and the view of a host by name."""

    def open_site(name: str, *changes: tuple[str, str, str]) -> Opened:
        copy = site(name)
        for change in changes:
            copy.change(*change)
        inventory = read_inventory(copy.folder, Source())

        def view(host: str) -> HostView:
            return host_view(inventory.sections, inventory.hosts[host].as_site_host())

        return inventory.sections, view

    return open_site


def test_the_datapath_of_a_lab_host(opened):
    _, view = opened("lab")
    assert datapath.host_datapath(view("host-2")) == {
        "host": "host-2",
        "network_manager": "networkd",
        "nics": [
            {
                "name": "data",
                "driver": "igb",
                "ports": [
                    {"name": "data0", "pci_address": "0000:01:00.0"},
                    {"name": "data1", "pci_address": "0000:01:00.1"},
                ],
                "mtu": 9000,
                "vfs": 3,
                "vf_driver": "",
                "eswitch_mode": "legacy",
                "representor_pattern": "{port}_{vf}",
                "lag_port_select_mode": None,
                "flow_steering_mode": None,
                "hw_tc_offload": False,
                "firmware": {},
                "bond": {
                    "name": "bond0",
                    "mode": "802.3ad",
                    "transmit_hash_policy": "layer3+4",
                    "lacp_rate": "fast",
                    "miimon": 100,
                    "min_links": 1,
                },
            }
        ],
        "networks": [
            {
                "name": name,
                "link": "bond0",
                "vlan": vlan,
                "interface": f"bond0.{vlan}",
                "mtu": 9000,
                "addresses": [address],
                "routes": routes,
            }
            for name, vlan, address, routes in (
                ("storage", 100, "10.10.0.2/16", [{"to": "198.51.100.0/24", "via": "10.10.3.255"}]),
                ("rdma", 200, "10.20.0.2/16", []),
            )
        ],
        "management": {
            "interface": "enp0s3",
            "mac_address": None,
            "pci_address": None,
            "addresses": ["192.168.77.12/24"],
            "gateway": None,
            "managed": False,
        },
        "openvswitch": {
            "runtime": "host",
            "hw_offload": False,
            "tc_policy": "none",
            "max_idle": 30000,
            "bridges": [
                {"name": "br-data", "ports": ["bond0"], "representors": "none", "mtu": 9000}
            ],
        },
        "gate_units": [],
        "confirm_timeout": 300,
    }


def test_switchdev_implies_its_settings(opened):
    _, view = opened("example-rack")
    (nic,) = datapath.host_datapath(view("compute-1"))["nics"]
    implied = {"NUM_OF_VFS": "16", "SRIOV_EN": "1", "LAG_RESOURCE_ALLOCATION": "1"}
    assert nic["firmware"] == implied
    assert (nic["lag_port_select_mode"], nic["flow_steering_mode"]) == ("hash", "smfs")
    assert nic["hw_tc_offload"] is True
    assert datapath.openvswitch(view("compute-1"))["hw_offload"] is True
    (legacy,) = datapath.host_datapath(view("control-1"))["nics"]
    assert legacy["lag_port_select_mode"] is None
    assert legacy["firmware"] == {"NUM_OF_VFS": "4", "SRIOV_EN": "1"}


def test_a_netdevsim_port_is_a_device_and_a_number(opened):
    _, view = opened("lab")
    (nic,) = datapath.host_datapath(view("switchdev-1"))["nics"]
    assert nic["ports"][1] == {"name": "data1", "device": "netdevsim/netdevsim10", "port": 1}
    assert names.udev_names(view("switchdev-1").profiles["switch"])["data1"]["port"] == 1


def test_a_host_may_differ_from_its_group(opened):
    _, view = opened("example-rack")
    ports = view("compute-4").profiles["connectx-6"].ports
    assert [port.pci_address for port in ports] == ["0000:af:00.0", "0000:af:00.1"]
    assert view("compute-4").profiles["connectx-6"].vfs == 16


def test_the_default_route_takes_managements_place(opened):
    _, view = opened("example-federation/site-a")
    made = datapath.host_datapath(view("gpu-1"))
    assert made["networks"][0]["routes"] == [{"to": "0.0.0.0/0", "via": "10.1.16.1"}]
    assert made["management"]["gateway"] is None
    _, view = opened("example-rack")
    assert datapath.management(view("compute-1"))["gateway"] == "10.0.0.1"


def test_rdma_and_kernel_of_a_lab_host(opened):
    _, view = opened("lab")
    assert rdma.host_rdma(view("host-1")) == {
        "driver_source": "distribution",
        "roce_links": [{"netdev": "bond0.200", "device": "rxe0", "kind": "rxe"}],
        "roce_version": 2,
        "memlock": "unlimited",
        "dscp": 26,
        "traffic_class": 104,
        "lossless": None,
        "management_pci_addresses": [],
    }
    made = kernel.host_kernel(view("host-1"))
    assert made["command_line"] == ["intel_iommu=on", "iommu=pt"]
    assert made["modules"] == ["bonding", "8021q", "rdma_rxe"]


def test_rdma_and_kernel_of_a_real_host(opened):
    _, view = opened("example-rack")
    made = rdma.host_rdma(view("compute-1"))
    assert made["roce_links"] == [{"netdev": "bond0.200", "device": "", "kind": "native"}]
    assert made["lossless"]["ports"] == ["data0", "data1"]
    assert made["lossless"]["pfc_priorities"] == [3]
    assert made["management_pci_addresses"] == ["0000:04:00.0"]
    _, view = opened("example-federation/site-b")
    assert kernel.host_kernel(view("hyp1"))["command_line"] == ["iommu=pt"]


def test_verify_names_the_networks_of_both_ends(opened):
    _, view = opened("lab")
    made = verify.host_verify(view("host-1"), [view("host-2"), view("switchdev-1")])
    two, switch = made["peers"]
    assert [network["name"] for network in two["networks"]] == ["storage", "rdma"]
    assert two["networks"][1]["peer_address"] == "10.20.0.2"
    assert two["networks"][1]["speed"] == 2000
    assert {network["evidence"] for network in two["networks"]} == {"emulation"}
    bond = {"mode": "802.3ad", "transmit_hash_policy": "layer3+4", "lag_port_select_mode": None}
    assert [(n["bond"], n["peer_bond"]) for n in two["networks"]] == [(bond, bond)] * 2
    assert [network["speed"] for network in switch["networks"]] == [None]
    assert evidence(made) == {"data": "emulation"}
    (session,) = sessions([{"peer": "host-2", "role": "client"}], made["peers"])
    assert [network.native for network in session.networks] == [False, False]
    (nic,) = verify.host_verify(view("switchdev-1"))["nics"]
    assert nic["evidence"] == "stand-in"


def test_soft_roce_on_a_real_nic_is_emulation(opened):
    _, view = opened("example-rack", ("hosts", "rdma: {dscp: 26}", "rdma: {kind: rxe}"))
    networks = verify.host_verify(view("compute-1"))["networks"]
    assert [n["rdma_evidence"] for n in networks] == [None, "emulation"]
    assert {n["evidence"] for n in networks} == {"hardware"}


def test_the_clouds_facts(opened):
    sections, view = opened("example-rack")
    spec = cloud.device_spec(view("compute-4"))
    assert [entry["address"] for entry in spec] == ["0000:af:00.0", "0000:af:00.1"]
    assert spec[0] == {
        "address": "0000:af:00.0",
        "vendor_id": "15b3",
        "product_id": "101e",
        "physical_network": "physnet1",
    }
    assert cloud.bridge_mappings(view("compute-1")) == {"physnet1": "br-data"}
    fabrics, openstack = section(sections, "site_fabrics"), section(sections, "site_openstack")
    assert cloud.network_vlan_ranges(fabrics) == ["physnet1:1000:1999"]
    made = cloud.cloud_networks(openstack.networks, fabrics)["storage"]
    assert (made["provider_segmentation_id"], made["mtu"]) == (200, 9000)
    pool = {"start": "10.20.16.0", "end": "10.20.31.255"}
    assert made["subnet"]["allocation_pools"] == [pool]
    metal = cloud.flavor_extra_specs(openstack.flavors["metal.a100x8"])
    assert metal["resources:CUSTOM_GPU_A100X8"] == "1"
    assert metal["resources:VCPU"] == "0"
    assert metal["trait:CUSTOM_GPU_A100_X8"] == "required"
    assert cloud.flavor_extra_specs(openstack.flavors["rdma.large"]) == {
        "hw:cpu_policy": "dedicated",
        "hw:numa_nodes": "1",
        "hw:mem_page_size": "1GB",
    }


def test_the_clouds_objects(opened):
    sections, _ = opened("example-rack")
    model = {**sections, "site_openstack": {
        "release": "2026.1", "routers": {"r": {"external": "out", "networks": ["in"]}},
    }}  # fmt: skip
    assert cloud_objects.routers(model) == {
        "r": {"project": None, "external_network": "out", "networks": ["in"]}
    }
    group = cloud_objects.security_groups(sections)["kube-node"]
    assert group["project"] == "platform"
    assert {"direction": "ingress", "protocol": "tcp", "ports": "22", "cidr": "10.0.0.0/24",
            "group": None} in group["rules"]  # fmt: skip
    flavor = cloud_objects.flavors(sections)["metal.a100x8"]
    assert (flavor["ram"], flavor["extra_specs"]["resources:VCPU"]) == (1048576, "0")
    assert cloud_objects.projects(sections)["platform"]["quota"]["instances"] == 20
    recipe = cloud_objects.image_recipes(sections)["debian-13-metal"]
    assert (recipe["kind"], recipe["firmware"]) == ("baremetal", "uefi")
    file = {"source": "/srv/metal.qcow2", "sha256": "0" * 64}
    image = cloud_objects.images(sections, {"debian-13-metal": file})["debian-13-rdma"]
    assert (image["disk_format"], image["visibility"]) == ("qcow2", "public")


def test_ports_without_a_bridge_lead_where_their_fabrics_lead(opened):
    _, view = opened("example-federation/site-a")
    assert {entry["physical_network"] for entry in cloud.device_spec(view("gpu-1"))} == {"leaf"}
    assert cloud.device_spec(opened("lab")[1]("switchdev-1")) == []


def test_a_clusters_facts(opened):
    sections, view = opened("example-federation/site-a")
    fabrics = section(sections, "site_fabrics")
    research = item(sections, "site_clusters", "research")
    assert cluster.rdma_resources(research) == {"rdma/rdma": 64}
    # the eleventh host's slice of 128
    assert cluster.host_pod_networks(research, fabrics, view("gpu-1")) == {
        "rdma": {
            "interface": "bond0.120", "kind": "macvlan", "plugins": [], "mtu": 9000,
            "subnet": "10.1.128.0/17",
            "first": "10.1.165.0", "last": "10.1.165.127",
        }
    }  # fmt: skip


def test_slices_of_nodes_do_not_meet(opened):
    sections, view = opened("lab-alpha")
    alpha, fabrics = item(sections, "site_clusters", "alpha"), section(sections, "site_fabrics")
    taken = []
    for node in ("alpha-control-1", "alpha-worker-1", "alpha-worker-2"):
        part = cluster.host_pod_networks(alpha, fabrics, view(node))["storage"]
        first, last = (int(ipaddress.ip_address(part[key])) for key in ("first", "last"))
        taken += range(first, last + 1)
    assert len(taken) == len(set(taken)) == 3 * 32


def test_a_node_without_the_fabric_has_no_part_in_it(opened):
    sections, view = opened("lab-alpha")
    alpha, fabrics = item(sections, "site_clusters", "alpha"), section(sections, "site_fabrics")
    uses = {name: use.model_copy(update={"interface": None}) for name, use in alpha.fabrics.items()}
    alone = alpha.model_copy(update={"fabrics": {**uses, "rdma": alpha.fabrics["rdma"]}})
    assert list(cluster.host_pod_networks(alone, fabrics, view("alpha-worker-1"))) == ["rdma"]


def test_the_objects_of_fabrics(opened):
    sections, _ = opened("example-federation/site-a")
    research = item(sections, "site_clusters", "research")
    objects = {(o["kind"], o["metadata"]["name"]): o for o in attachments.fabric_objects(research)}
    attachment = objects["NetworkAttachmentDefinition", "rdma"]
    assert attachment["metadata"] == {
        "name": "rdma", "namespace": "fabrics",
        "annotations": {"k8s.v1.cni.cncf.io/resourceName": "rdma/rdma"},
    }  # fmt: skip
    # with a configuration of its own it would be the same on every node
    assert "spec" not in attachment
    # no more than Multus asks for, and only where the kit alone writes
    role = objects["Role", "slipway-fabrics"]
    assert role["metadata"]["namespace"] == "fabrics"
    assert [rule["verbs"] for rule in role["rules"]] == [["get"]]
    assert attachments.fabric_objects(research.model_copy(update={"fabrics": {}})) == []
    assert attachments.PREFIX == fabric_program.PREFIX


def test_a_node_knows_its_cluster_and_its_pods(opened):
    sections, view = opened("lab-alpha")
    clusters = section(sections, "site_clusters")
    control, worker = (
        cluster.host_cluster(clusters, "alpha.example", view(name))
        for name in ("alpha-control-1", "alpha-worker-1")
    )
    assert (control["role"], worker["role"]) == ("control-plane", "worker")
    assert control["issuer"] == "https://alpha.alpha.example"
    assert (control["node_pod_subnet"], worker["node_pod_subnet"]) == (
        "10.101.11.0/24", "10.101.12.0/24",
    )  # fmt: skip
    assert cluster.pod_routes(clusters["alpha"], "alpha", [(12, "192.168.77.41")]) == {
        "10.101.12.0/24": "192.168.77.41"
    }


def test_a_node_without_room_for_its_pods_is_said(opened):
    sections, view = opened("lab-alpha")
    clusters = section(sections, "site_clusters")
    small = {"alpha": clusters["alpha"].model_copy(update={"pod_subnet": "10.101.0.0/21"})}
    with pytest.raises(ModelError, match="has no /24 for the node with site_host_index 11"):
        cluster.host_cluster(small, "alpha.example", view("alpha-control-1"))


def test_a_host_of_no_cluster_is_said(opened):
    _, view = opened("lab")
    with pytest.raises(ModelError, match="host-1 is a node of no cluster"):
        cluster.host_cluster({}, "lab.example", view("host-1"))


def test_an_unknown_name_in_a_filter_is_one_line(opened):
    sections, _ = opened("example-federation/site-a")
    with pytest.raises(ModelError, match="Did you mean 'research'"):
        item(sections, "site_clusters", "resarch")
    with pytest.raises(ModelError, match="is in no group of the model"):
        host_view(sections, {"name": "x", "groups": ["all"]})


def test_nearest_names():
    assert (
        nearest("transmit_hash_polcy", ["transmit_hash_policy", "mode"]) == "transmit_hash_policy"
    )
    assert nearest("zzz", ["transmit_hash_policy", "mode"]) is None


# Two walks: one number, and every place that follows it.


def test_walk_vfs(opened):
    _, view = opened("example-rack", ("nics", "vfs: 16", "vfs: 24"))
    host = view("compute-1")
    (nic,) = datapath.host_datapath(host)["nics"]
    assert nic["vfs"] == 24
    assert nic["firmware"]["NUM_OF_VFS"] == "24"
    assert verify.host_verify(host)["nics"][0]["vfs"] == 24
    assert len(names.representors(host.profiles["connectx-6"])) == 48
    assert len(names.vf_interfaces(host.profiles["connectx-6"])) == 48
    (untouched,) = datapath.host_datapath(view("control-1"))["nics"]
    assert untouched["vfs"] == 4
    assert view("compute-4").profiles["connectx-6"].vfs == 24


def test_walk_budget(opened):
    change = ("federation", "budget: {pods: 50, cpu", "budget: {pods: 60, cpu")
    sections, _ = opened("example-federation/site-a", change)
    links = section(sections, "site_federation").links
    assert federation.link_quota(links["a-to-b"]) == {
        "pods": "60",
        "requests.cpu": "400",
        "requests.memory": "2Ti",
        "requests.nvidia.com/gpu": "16",
    }
    assert federation.link_terms(links["a-to-b"])["budget"]["pods"] == 60
    assert federation.link_quota(links["b-to-a"])["pods"] == "20"


def test_bare_metal_nodes_with_their_bond(opened):
    sections, _ = opened("example-rack")
    first, *_ = bare_metal.cloud_nodes(sections)
    assert first["name"] == "gpu-1"
    assert first["driver_info"] == {"redfish_address": "https://10.0.0.131"}
    assert first["port_group"] == {
        "name": "gpu-1-bond", "address": "b8:ce:f6:00:01:00", "mode": "802.3ad",
        "properties": {"miimon": 100, "xmit_hash_policy": "layer3+4"},
    }  # fmt: skip
    assert [port["pxe_enabled"] for port in first["ports"]] == [True, False]
    assert all(port["grouped"] for port in first["ports"])


def test_servers_of_the_cloud_are_hosts_of_their_sets_group(opened):
    sections, _ = opened("example-rack")
    control, worker = servers.cloud_servers(sections)
    assert control["policy"] == "anti-affinity" and control["count"] == 3
    vf = worker["ports"][1]
    assert vf["direct"] and vf["switchdev"]
    assert (vf["mtu"], vf["interface"]) == (9000, "rdma0")
    assert "prefix" not in vf
    sections["site_openstack"]["networks"]["storage"]["dhcp"] = False
    assert servers.cloud_servers(sections)[1]["ports"][1]["prefix"] == 16
    known = {"kube-worker-2": {"external": "10.30.1.7", "storage": "10.20.16.9"}}
    made = servers.cloud_servers_inventory(sections, known)["all"]["children"]
    assert made["kube_worker"]["hosts"] == {
        "kube-worker-2": {"ansible_host": "10.30.1.7", "site_host_index": 112}
    }


def test_what_a_cloud_is_proven_against(opened):
    sections, _ = opened("example-rack")
    host = {"name": "compute-1", "groups": ["compute"], "index": 11, "address": "10.0.0.21"}
    facts = cloud_verify.cloud_verify(sections, [host])
    assert facts["hosts"] == {"compute-1": {"physnet1": 32}}
    assert facts["canary"] == {
        "project": "platform", "flavor": "rdma.large", "image": "debian-13-rdma",
        "network": "storage", "switchdev": True,
    }  # fmt: skip
    assert facts["nodes"]["gpu-1"] == "available"
    assert facts["quotas"]["platform"]["cores"] == 256
