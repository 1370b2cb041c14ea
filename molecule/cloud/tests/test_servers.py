"""Servers with VFs and whole servers on a real Nova, Neutron and Ironic, and the cloud proven."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import yaml
from clouds import CHECKOUT, INVENTORY, OTHER, connect, folder, named, play

SERVERS = {
    "project": "platform", "flavor": "rdma.small", "image": "tiny", "count": 1, "policy": "",
    "ports": [{"network": "storage", "direct": True, "switchdev": True, "mtu": 9000}],
}  # fmt: skip


def servers(cloud):
    found = cloud.list("compute", "/servers/detail", "servers", {"all_tenants": "1"})
    return {each["name"]: each for each in found}


def ports(cloud, server):
    return cloud.list("network", "/ports", "ports", {"device_id": server["id"]})


def bring(*sets, **more):
    """Sets of another site, whose mark is not the model's."""
    return play(
        tags=["servers"], site=OTHER, cloud_servers_sets=list(sets), cloud_servers_inventory="",
        **more,
    )  # fmt: skip


@pytest.fixture
def gone(cloud):
    yield
    bring(cloud_servers_remove=True).well()


def ansible(*words):
    """What it said; AssertionError if it failed."""
    done = run(*words, ANSIBLE_CALLBACK_RESULT_FORMAT="json")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run(*words, **environment):
    command = [sys.executable, "-m", "ansible", *words]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), **environment}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=CHECKOUT)


def verify():
    """`playbooks/verify_cloud.yml` and its report."""
    done = run("playbook", "-i", INVENTORY, CHECKOUT / "playbooks" / "verify_cloud.yml")
    path = CHECKOUT / "reports" / "lab-cloud-cloud" / "latest" / "report.json"
    report = json.loads(path.read_text())
    checks = {c["name"]: c for host in report["hosts"] for c in host["checks"]}
    assert (done.returncode == 0) == all(c["ok"] for c in checks.values()), done.stdout
    return checks, done.stdout


def failed(checks):
    return {name: check["got"] for name, check in checks.items() if not check["ok"]}


def test_a_vf_on_each_host_bound_as_offloaded(cloud):
    found = servers(cloud)
    workers = [found[f"kube-worker-{number}"] for number in (1, 2)]
    assert {each["status"] for each in workers} == {"ACTIVE"}
    assert len({each["OS-EXT-SRV-ATTR:host"] for each in workers}) == 2  # anti-affinity
    for worker in workers:
        (port,) = ports(cloud, worker)
        assert (port["binding:vnic_type"], port["binding:vif_type"]) == ("direct", "ovs")
        assert port["binding:profile"]["capabilities"] == ["switchdev"]
        assert port["binding:profile"]["pci_slot"].startswith("0000:3b:")
        assert port["tags"] == ["slipway:lab-cloud"] and port["port_security_enabled"] is False


def test_they_are_nodes_of_a_cluster_without_copying(cloud, tmp_path):
    site = shutil.copytree(INVENTORY, tmp_path / "lab-cloud")
    shutil.copy(folder() / "servers.yml", site)
    hosts = yaml.safe_load((site / "servers.yml").read_text())["all"]["children"]
    assert set(hosts) == {"kube_control", "kube_worker"}  # gpu is no node of the model's
    (port,) = ports(cloud, servers(cloud)["kube-worker-2"])
    mine = hosts["kube_worker"]["hosts"]["kube-worker-2"]
    assert mine["ansible_host"] == port["fixed_ips"][0]["ip_address"]
    validate = ("playbook", "-i", site, CHECKOUT / "playbooks" / "validate.yml")
    assert "6 hosts, 0 errors" in ansible(*validate)
    asked = "msg={{ site_model | host_cluster(site_host) | to_json }}"
    said = ansible("adhoc", "-i", site, "kube-worker-2", "-m", "ansible.builtin.debug", "-a", asked)
    node = json.loads(json.loads(said[said.index("{") :])["msg"])
    assert (node["cluster"], node["role"], node["address"]) == (
        "main", "worker", mine["ansible_host"],
    )  # fmt: skip


def test_a_whole_server_lands_on_a_node_with_the_trait_and_only_there(cloud, gone):
    nodes = {n["uuid"]: n for n in cloud.list("baremetal", "/nodes/detail", "nodes")}
    own = nodes[servers(cloud)["gpu-1"]["OS-EXT-SRV-ATTR:hypervisor_hostname"]]
    assert own["traits"] == ["CUSTOM_GPU_A100_X8"] and own["provision_state"] == "active"
    metal = {
        "name": "d-metal", "project": "platform", "flavor": "metal.a100x8", "image": "tiny",
        "count": 1, "ports": [{"network": "storage"}], "policy": "", "timeout": 120,
    }  # fmt: skip
    # of its class without the trait, and with another class
    without = {n["name"] for n in nodes.values() if "CUSTOM_GPU_A100_X8" not in n["traits"]}
    assert without
    bring(metal).well()
    other = servers(cloud)["d-metal-1"]["OS-EXT-SRV-ATTR:hypervisor_hostname"]
    assert {nodes[other]["name"], own["name"]} == {"gpu-1", "gpu-2"}
    full = bring({**metal, "count": 2})
    assert full.status != 0 and "No valid host" in full.failures[0]
    assert servers(cloud)["d-metal-1"]["status"] == "ACTIVE"


def test_replaced_one_at_a_time_and_only_when_asked(cloud, gone):
    wanted = {**SERVERS, "name": "d-work", "count": 2}
    bring(wanted).well()
    before = servers(cloud)
    address = ports(cloud, before["d-work-1"])[0]["fixed_ips"]
    changed = {**wanted, "keys": ["ssh-ed25519 AAAA somebody"]}
    listed = bring(changed).well()
    assert listed.steps == {} and len(listed.left) == 2
    assert servers(cloud)["d-work-1"]["id"] == before["d-work-1"]["id"]
    done = bring(changed, cloud_servers_replace=True).well()
    assert list(done.steps) == ["replace 1 of 2:d-work-1", "replace 2 of 2:d-work-2"]
    after = servers(cloud)
    assert after["d-work-1"]["id"] != before["d-work-1"]["id"]
    assert ports(cloud, after["d-work-1"])[0]["fixed_ips"] == address
    assert bring(changed).well().changed == 0
    fewer = bring({**changed, "count": 1}).well()
    assert list(fewer.steps) == ["server:d-work-2:delete"]


def test_an_administrator_without_the_role_is_told_what_to_do(cloud, gone):
    project = named(cloud, "identity", "/projects", "projects", "platform")
    user = named(cloud, "identity", "/users", "users", "admin")
    role = named(cloud, "identity", "/roles", "roles", "member")
    place = f"/projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
    cloud.call("identity", "PUT", place)
    plain = {"cloud": "admin", "file": str(folder() / "clouds.yaml")}
    refused = bring({**SERVERS, "name": "d-role"}, cloud_connection=plain)
    assert refused.status != 0
    assert "it needs the role `service` in its project" in refused.failures[0]


def test_the_cloud_is_proven_and_the_last_vf_taken_is_one_clear_line(cloud, gone):
    checks, said = verify()
    assert failed(checks) == {}, said
    assert "ACTIVE after" in checks["canary: ACTIVE with a VF"]["got"]
    assert checks["canary: port bound as offloaded"]["got"].startswith("ovs on compute-")
    assert "agent: neutron-openvswitch-agent" in checks
    assert not [name for name in servers(cloud) if "canary" in name]

    used = sum(int(checks_of(c)) for n, c in checks.items() if n.startswith("VFs: physnet"))
    assert used
    ports_of_all = cloud.list("network", "/ports", "ports")
    free = 32 - sum(port["binding:vnic_type"] == "direct" for port in ports_of_all)
    hog = {**SERVERS, "name": "d-hog", "count": 2, "ports": SERVERS["ports"] * (free // 2)}
    bring({**hog, "policy": "anti-affinity"}).well()
    checks, said = verify()
    assert list(failed(checks)) == ["canary: ACTIVE with a VF"], said
    assert "No valid host was found" in failed(checks)["canary: ACTIVE with a VF"]
    assert "VFs in use: 32 of 32" in failed(checks)["canary: ACTIVE with a VF"]
    assert not [name for name in servers(cloud) if "canary" in name]


def checks_of(check):
    """How many VFs are in use, from what the check got."""
    return check["got"].partition(" ")[0]


def test_a_second_run_changes_nothing():
    again = play(tags=["nodes", "servers"]).well()
    assert (again.changed, again.steps) == (0, {})
    assert connect().has("baremetal")
    assert named(connect(), "identity", "/projects", "projects", "platform")
