"""Servers for clusters on a STAND-IN of Nova and Neutron."""

import base64
import json

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.marks import Mark
from ansible.module_utils.cloud.runner import side_by_side
from ansible.module_utils.cloud.transport import Answer
from ansible.module_utils.cloud_servers import CloudServers, ServersSpec, SpecError
from ansible.module_utils.cloud_servers.subject import addresses
from ansible.module_utils.converge import ConvergeError, converge
from fakes.nova import StandInServers

EXTERNAL = {"network": "external"}
STORAGE = {"network": "storage", "direct": True, "switchdev": True, "port_security": False,
           "interface": "storage", "mtu": 9000}  # fmt: skip


@pytest.fixture
def nova():
    return StandInServers()


def servers(**more):
    return {
        "name": "worker", "project": "platform", "flavor": "rdma", "image": "debian", "count": 2,
        "ports": [EXTERNAL, STORAGE], "policy": "soft-anti-affinity",
        "keys": ["ssh-ed25519 AAAA me"],
        **more,
    }  # fmt: skip


def bring(nova, *sets, check=False, **more):
    cloud = Cloud(nova, clock=nova.clock)
    subject = CloudServers(
        cloud, Mark("rack"), ServersSpec.parse(list(sets)), clock=nova.clock, **more
    )
    return converge(subject, check=check, clock=nova.clock, runner=side_by_side(8))


def unchanged(nova, *sets, **more):
    nova.asked.clear()
    result = bring(nova, *sets, **more)
    assert not result.changed and nova.changes() == []
    return result


def test_servers_with_vfs_in_a_group(nova):
    assert bring(nova, servers(), check=True).changed and not nova.servers()
    result = bring(nova, servers())
    assert {s["status"] for s in nova.servers().values()} == {"ACTIVE"}
    vf = nova.ports()["worker-1-1-storage"]
    assert vf["binding:vnic_type"] == "direct" and vf["port_security_enabled"] is False
    assert vf["binding:profile"]["capabilities"] == ["switchdev"]
    assert len(nova.groups[0]["members"]) == 2 and nova.groups[0]["policy"] == "soft-anti-affinity"
    known = addresses(ServersSpec.parse([servers()]), result.after)
    assert known["worker-1"].keys() == {"external", "storage"}
    unchanged(nova, servers())


def test_cloud_init_names_the_vf_and_sets_its_mtu(nova):
    bring(nova, servers(count=1))
    text = base64.b64decode(nova.servers()["worker-1"]["user_data"]).decode()
    assert text.startswith("#cloud-config\n")
    config = json.loads(text.partition("\n")[2])
    [plan] = [f["content"] for f in config["write_files"] if "netplan" in f["path"]]
    storage = json.loads(plan)["network"]["ethernets"]["storage"]
    mac = nova.ports()["worker-1-1-storage"]["mac_address"]
    assert storage["match"] == {"macaddress": mac} and storage["mtu"] == 9000
    assert config["ssh_authorized_keys"] == ["ssh-ed25519 AAAA me"]


def guest_ports(nova):
    text = base64.b64decode(nova.servers()["worker-1"]["user_data"]).decode()
    files = json.loads(text.partition("\n")[2])["write_files"]
    [plan] = [f["content"] for f in files if "netplan" in f["path"]]
    return json.loads(plan)["network"]["ethernets"]


def test_a_port_without_a_name_keeps_udevs(nova):
    bring(nova, servers(count=1))
    first = guest_ports(nova)["port0"]
    assert "set-name" not in first and first["dhcp4"]


def test_a_network_without_dhcp_gives_the_guest_its_address(nova):
    fixed = {**STORAGE, "prefix": 24, "gateway": "10.0.0.1", "dns": ["10.0.0.53"]}
    bring(nova, servers(count=1, ports=[fixed, {**fixed, "interface": "more"}]))
    ports, known = guest_ports(nova), nova.ports()
    address = known["worker-1-0-storage"]["fixed_ips"][0]["ip_address"]
    assert ports["storage"]["addresses"] == [f"{address}/24"] and "dhcp4" not in ports["storage"]
    assert ports["storage"]["routes"] == [{"to": "default", "via": "10.0.0.1"}]
    assert ports["storage"]["nameservers"] == {"addresses": ["10.0.0.53"]}
    assert "routes" not in ports["more"]


def test_of_a_strict_policy_one_at_a_time(nova):
    real, building = nova._build, []

    def build(body):
        building.append([s["status"] for s in nova.servers().values()].count("BUILD"))
        return real(body)

    nova._build = build
    bring(nova, servers(count=4, policy="anti-affinity"))
    assert building == [0, 0, 0, 0]


def test_the_last_vf_taken_is_said(nova):
    nova.vfs = 1
    said = r"No valid host was found\. No host has free what flavor rdma and the ports ask for"
    with pytest.raises(ConvergeError, match=said):
        bring(nova, servers())
    nova.vfs = 1
    bring(nova, servers())
    assert {s["status"] for s in nova.servers().values()} == {"ACTIVE"}
    assert len(nova.servers()) == 2 and len(nova.ports()) == 4
    unchanged(nova, servers())


def test_a_network_that_the_project_does_not_see_is_named(nova):
    def handler(service, method, path, *rest):
        hidden = method == "GET" and path.startswith("/networks/")
        return Answer(404, {"NeutronError": {"message": "none"}}) if hidden else None

    nova.handlers.insert(0, handler)
    with pytest.raises(ConvergeError, match="project platform does not see network external"):
        bring(nova, servers())
    assert nova.servers() == {}


def test_of_networks_of_one_name_the_one_that_all_see(nova):
    for shared in (True, False):
        nova.put("network", "networks", name="two", shared=shared)
    bring(nova, servers(count=1, ports=[{"network": "two"}]))
    seen = next(n for n in nova.of("networks") if n["name"] == "two" and n["shared"])
    assert nova.ports()["worker-1-0-two"]["network_id"] == seen["id"]


def test_without_the_service_role_the_error_says_what_to_do(nova):
    nova.service_role = False
    with pytest.raises(ConvergeError, match="needs the role `service` in its project"):
        bring(nova, servers())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"flavor": "rdma.big"}, "flavor"),
        ({"image": "debian-2"}, "image"),
        ({"policy": "anti-affinity"}, "server group"),
        ({"keys": []}, "cloud-init"),
        ({"ports": [EXTERNAL, {"network": "storage"}]}, "port worker-1-1-storage"),
    ],
)
def test_a_new_server_only_when_asked_and_one_at_a_time(nova, change, what):
    bring(nova, servers())
    before = dict(nova.ports())
    nova.alive.clear()
    left = bring(nova, servers(**change)).left
    assert nova.alive == [] and len(left) == 2
    assert what in left[0] and "cloud_servers_replace: true" in left[0]
    bring(nova, servers(**change), replace=True)
    assert nova.alive == ["-worker-1", "+worker-1", "-worker-2", "+worker-2"]
    same = nova.ports()["worker-1-0-external"]
    assert same["fixed_ips"] == before["worker-1-0-external"]["fixed_ips"]
    unchanged(nova, servers(**change))


def test_a_replacement_that_fails_stops_the_next(nova):
    bring(nova, servers())
    nova.vfs, nova.alive[:] = -1, []
    with pytest.raises(ConvergeError, match="replace 1 of 2:worker-1"):
        bring(nova, servers(flavor="rdma.big"), replace=True)
    assert nova.alive == ["-worker-1", "+worker-1"]
    nova.vfs += 1
    bring(nova, servers(flavor="rdma.big"), replace=True)
    unchanged(nova, servers(flavor="rdma.big"))


def test_ports_are_changed_while_the_server_runs(nova):
    bring(nova, servers())
    nova.ports()["worker-1-1-storage"]["port_security_enabled"] = True
    nova.alive.clear()
    more = servers(ports=[{**EXTERNAL, "allowed": ["10.1.0.0/16"]}, STORAGE])
    assert bring(nova, more, check=True).changed
    bring(nova, more)
    assert nova.alive == []
    assert nova.ports()["worker-1-1-storage"]["port_security_enabled"] is False
    pairs = nova.ports()["worker-2-0-external"]["allowed_address_pairs"]
    assert pairs == [{"ip_address": "10.1.0.0/16"}]
    unchanged(nova, more)


def test_fewer_go_from_the_end_and_a_set_only_when_asked(nova):
    bring(nova, servers(), servers(name="other", ports=[EXTERNAL]))
    bring(nova, servers(count=1), servers(name="other", ports=[EXTERNAL]))
    assert sorted(nova.servers()) == ["other-1", "other-2", "worker-1"]
    assert "worker-2-1-storage" not in nova.ports()
    left = unchanged(nova, servers(count=1)).left
    assert len(left) == 2 and "cloud_servers_remove: true" in left[0]
    bring(nova, servers(count=1), remove=True)
    assert sorted(nova.servers()) == ["worker-1"]


def test_a_strangers_server_is_never_touched(nova):
    where = nova.of("projects", "identity")[1]["id"]
    for name in ("worker-3", "theirs"):
        nova.put("compute", "servers", name=name, project_id=where, status="ACTIVE", metadata={})
    result = bring(nova, servers())
    assert result.left == ["server worker-3: has a set's name, but the kit did not make it"]
    assert {"worker-3", "theirs"} < set(nova.servers())
    with pytest.raises(ConvergeError, match="worker-3: is another's of that name"):
        bring(nova, servers(count=3))


def test_a_server_that_somebody_stopped_is_listed(nova):
    bring(nova, servers())
    nova.servers()["worker-1"]["status"] = "SHUTOFF"
    assert unchanged(nova, servers()).left == ["server worker-1: is SHUTOFF"]


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_cut_run_is_finished_by_running_again(nova, cut):
    real, count = nova.send, 0

    def send(service, method, path, **more):
        nonlocal count
        count += method != "GET"
        if count > cut:
            raise OSError("power cut")
        return real(service, method, path, **more)

    nova.send = send
    with pytest.raises((ConvergeError, OSError)):
        bring(nova, servers())
    nova.send = real
    bring(nova, servers())
    assert len(nova.of("servers", "compute")) == 2 and len(nova.of("ports")) == 4
    assert len(nova.groups) == 1
    unchanged(nova, servers())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ports": []}, "worker has no port"),
        ({"count": -1}, "count: must be a number"),
        ({"policy": "near"}, "'near' is none of"),
        ({"flavour": "x"}, "flavour: unknown key"),
    ],
)
def test_wrong_input_is_named(change, said):
    with pytest.raises(SpecError, match=said):
        ServersSpec.parse([servers(**change)])


METAL = {"resources:CUSTOM_GPU": "1", "resources:VCPU": "0", "resources:MEMORY_MB": "0",
         "resources:DISK_GB": "0", "trait:CUSTOM_A100": "required"}  # fmt: skip


class Metal:
    """Adds a STAND-IN of Ironic's nodes, and a Placement that offers some of them, to Nova's."""

    def __init__(self, nova, offers_after=0.0):
        self.nova, self.offers_after = nova, offers_after
        self.asked = 0
        nova.services |= {"placement", "baremetal"}
        nova.put("compute", "flavors", name="metal", vcpus=1, ram=1, disk=1,
                 extra_specs=METAL)  # fmt: skip
        self.node = {
            "uuid": "node-1", "name": "gpu-1", "resource_class": "gpu", "traits": ["CUSTOM_A100"],
            "provision_state": "available", "power_state": "power off", "maintenance": False,
            "instance_uuid": None,
        }  # fmt: skip
        nova.handlers.insert(0, self._handle)

    def _handle(self, service, method, path, body, query, data):
        if service == "baremetal" and path.startswith("/nodes"):
            return Answer(200, {"nodes": [self.node]})
        if (service, path) == ("placement", "/allocation_candidates"):
            self.asked += 1
            offered = self.node["provision_state"] == "available"
            offered = offered and self.nova.now >= self.offers_after
            found = [{"allocations": {"node-1": {}}}] if offered else []
            return Answer(200, {"allocation_requests": found})
        return None


def metal(**more):
    return servers(flavor="metal", count=1, ports=[EXTERNAL], policy="", **more)


def test_a_free_node_that_nova_has_not_taken_over_is_waited_for(nova):
    found = Metal(nova, offers_after=50)
    bring(nova, metal())
    assert nova.servers()["worker-1"]["status"] == "ACTIVE" and 50 <= nova.now < 60
    assert found.asked > 2


def test_a_node_that_nova_never_takes_over_is_named(nova):
    Metal(nova, offers_after=10**9)
    with pytest.raises(ConvergeError, match="gpu-1: free in Ironic, and after 180 s Nova offers"):
        bring(nova, metal())
    assert nova.servers() == {} and nova.ports() == {}


def test_the_node_of_a_replaced_server_is_waited_for_while_it_is_cleaned(nova):
    found = Metal(nova)
    bring(nova, metal())
    found.node["provision_state"] = "cleaning"
    found.offers_after = nova.now + 400
    real = nova.clock.sleep

    def sleep(seconds):
        real(seconds)
        if nova.now >= found.offers_after - 60:
            found.node["provision_state"] = "available"

    nova.clock = type(nova.clock)(lambda: nova.now, sleep)
    bring(nova, metal(image="debian-2"), replace=True)
    assert nova.alive == ["+worker-1", "-worker-1", "+worker-1"] and nova.now >= 400


def test_without_a_free_node_nova_is_asked_at_once(nova):
    Metal(nova).node["maintenance"] = True
    bring(nova, metal())
    assert nova.now < 10 and nova.servers()
