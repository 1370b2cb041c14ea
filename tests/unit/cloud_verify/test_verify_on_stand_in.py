"""Checks of a cloud on STAND-INS of Nova, Neutron, Placement and Ironic."""

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.marks import Mark
from ansible.module_utils.cloud.placement import query
from ansible.module_utils.cloud.transport import Answer
from ansible.module_utils.cloud_verify import SpecError, Verifier, VerifySpec
from ansible.module_utils.verify.report.assemble import assemble
from fakes.ironic import StandInIronic
from fakes.nova import StandInServers

METAL = {"resources:CUSTOM_GPU": "1", "resources:VCPU": "0", "resources:MEMORY_MB": "0",
         "resources:DISK_GB": "0", "trait:CUSTOM_A100": "required"}  # fmt: skip
FACTS = {
    "hosts": {"compute-1": {"physnet1": 4}},
    "quotas": {"platform": {"cores": 8, "ports": 20}},
    "flavors": {
        "rdma": {"vcpus": 2, "ram": 1024, "disk": 10, "extra_specs": {}},
        "metal": {"vcpus": 64, "ram": 1024, "disk": 10, "extra_specs": METAL, "projects": []},
    },
    "nodes": {"gpu-1": "available", "gpu-2": "available"},
    "canary": {"project": "platform", "flavor": "rdma", "image": "debian", "network": "storage"},
}


class StandIn(StandInServers):
    """With agents, quotas, candidates and providers."""

    def __init__(self):
        super().__init__()
        self.ironic = StandInIronic()
        self.services |= {"placement", "baremetal"}
        self.nodes = {
            name: self.ironic.enroll(name, provision_state="available", power_state="power off",
                                     resource_class="gpu", traits=["CUSTOM_A100"])
            for name in ("gpu-1", "gpu-2")
        }  # fmt: skip
        self.down, self.cores = [], 8
        self.candidates = {"host": ["compute-uuid"], "CUSTOM_GPU:1": None}
        self.handlers.insert(0, self._verify)

    def send(self, service, method, path, **more):
        if service == "baremetal" and path != "/conductors":
            return self.ironic.send(service, method, path, **more)
        return super().send(service, method, path, **more)

    def _verify(self, service, method, path, body, query, data):
        match service, path:
            case "compute", "/os-services":
                found = [
                    {"binary": "nova-compute", "host": "compute-1", "status": "enabled",
                     "state": "down" if "nova-compute" in self.down else "up"},
                    {"binary": "nova-scheduler", "host": "control-1", "status": "enabled",
                     "state": "up"},
                ]  # fmt: skip
                return Answer(200, {"services": found})
            case "network", "/agents":
                agent = {"binary": "neutron-openvswitch-agent", "host": "compute-1.example.org",
                         "alive": "neutron-openvswitch-agent" not in self.down,
                         "admin_state_up": True}  # fmt: skip
                return Answer(200, {"agents": [agent]})
            case "baremetal", "/conductors":
                return Answer(200, {"conductors": [{"hostname": "control-1", "alive": True}]})
            case "placement", "/allocation_candidates":
                found = ["compute-uuid"]
                if "CUSTOM_GPU:1" in query["resources"]:
                    found = self.candidates["CUSTOM_GPU:1"]
                    if found is None:
                        found = [node["uuid"] for node in self.nodes.values()]
                requests = [{"allocations": {uuid: {}}} for uuid in found]
                return Answer(200, {"allocation_requests": requests})
            case "placement", "/resource_providers":
                root = {"uuid": "r", "name": "compute-1", "root_provider_uuid": "r",
                        "parent_provider_uuid": None}  # fmt: skip
                return Answer(200, {"resource_providers": [root]})
        if path.endswith("/detail") and "quota" in path:
            return Answer(200, {"quota_set": {"cores": {"limit": self.cores, "in_use": 2}}})
        if path.endswith("/details.json"):
            return Answer(200, {"quota": {"port": {"limit": 20, "used": 3}}})
        if path.startswith("/ports/") and method == "GET":
            port = next(p for p in self.of("ports") if p["id"] == path.split("/")[2])
            bound = {"binding:vif_type": "ovs", "binding:host_id": "compute-1"}
            return Answer(200, {"port": port | bound})
        return None


@pytest.fixture
def cloud():
    found = StandIn()
    for network in found.of("networks"):
        network["provider:physical_network"] = "physnet1"
    return found


def verify(cloud, fly=True, **more):
    spec = VerifySpec.parse({**FACTS, **more}, "stand-in")
    rows = Verifier(
        Cloud(cloud, clock=cloud.clock, tries=2), Mark("rack"), spec, fly=fly, clock=cloud.clock
    ).run()
    results = {name: {"findings": row} for name, row in rows.items()}
    report = assemble("rack-cloud", "2026-11-27T00:00:00Z", list(rows), results, False)
    assert all(host["state"] in ("ok", "failed") for host in report["hosts"])
    return {check["name"]: check for host in report["hosts"] for check in host["checks"]}, rows


def failed(checks):
    return {name for name, check in checks.items() if not check["ok"]}


def test_all_holds_and_the_canary_is_gone(cloud):
    checks, rows = verify(cloud)
    assert failed(checks) == set()
    assert {"agent: nova-compute", "VFs: physnet1"} <= {
        c["name"] for c in rows["compute-1"]["checks"]
    }
    assert "ACTIVE after" in checks["canary: ACTIVE with a VF"]["got"]
    assert checks["canary: port bound as offloaded"]["got"] == "ovs on compute-1, 0000:3b:01.7"
    assert checks["flavor: metal"]["got"] == ["gpu-1", "gpu-2"]
    assert cloud.servers() == {} and cloud.ports() == {}


def test_check_mode_changes_nothing(cloud):
    checks, rows = verify(cloud, fly=False)
    assert not failed(checks) and cloud.changes() == []
    assert "canary" in [s["name"] for s in rows["cloud"]["skipped"]]


def test_the_last_vf_taken_is_one_clear_line(cloud):
    cloud.vfs = 0
    checks, _ = verify(cloud)
    assert failed(checks) == {"canary: ACTIVE with a VF"}
    got = checks["canary: ACTIVE with a VF"]["got"]
    assert "No valid host was found" in got and "VFs in use: 0 of 4" in got and "\n" not in got
    assert cloud.servers() == {} and cloud.ports() == {}


def test_what_an_earlier_canary_left_is_taken_away(cloud):
    where = cloud.of("projects", "identity")[1]["id"]
    cloud.put("compute", "servers", name="slipway-canary-abc", status="ACTIVE", project_id=where,
              tags=["slipway:rack"], metadata={})  # fmt: skip
    verify(cloud)
    assert cloud.servers() == {}


@pytest.mark.parametrize(
    ("breaks", "names"),
    [
        (lambda c: c.down.append("nova-compute"), {"agent: nova-compute"}),
        (lambda c: c.down.append("neutron-openvswitch-agent"),
         {"agent: neutron-openvswitch-agent"}),
        (lambda c: setattr(c, "cores", 16), {"quota: platform: cores"}),
        (lambda c: c.nodes["gpu-2"].update(provision_state="clean failed", last_error="lost"),
         {"node: gpu-2", "flavor: metal"}),
        (lambda c: c.nodes["gpu-2"].update(traits=[]), {"flavor: metal"}),
        (lambda c: c.candidates.update({"CUSTOM_GPU:1": []}), {"flavor: metal"}),
    ],
)  # fmt: skip
def test_what_is_broken_is_a_check_that_does_not_hold(cloud, breaks, names):
    breaks(cloud)
    checks, _ = verify(cloud)
    assert failed(checks) == names
    assert all(checks[name]["look"] for name in names)


def test_a_service_that_is_away_does_not_hide_the_others(cloud):
    cloud.handlers.insert(0, lambda s, *rest: Answer(503, {}) if s == "placement" else None)
    checks, _ = verify(cloud)
    assert failed(checks) == {"flavors: asked", "vfs: asked"}


def test_a_class_that_no_node_has_yet_is_no_candidate(cloud):
    said = {"errors": [{"detail": "No such resource class CUSTOM_GPU."}]}
    cloud.handlers.insert(
        0, lambda s, m, path, b, query, d: (
            Answer(400, said) if "CUSTOM_GPU" in str(query.get("resources")) else None
        )
    )  # fmt: skip
    checks, _ = verify(cloud)
    assert failed(checks) == {"flavor: metal"}


def test_how_placement_is_asked():
    spec = VerifySpec.parse(FACTS, "stand-in").flavors
    assert query(spec["metal"]) == ({"CUSTOM_GPU": 1}, ["CUSTOM_A100"])
    assert query(spec["rdma"]) == ({"VCPU": 2, "MEMORY_MB": 1024, "DISK_GB": 10}, [])


def test_wrong_input_is_named():
    with pytest.raises(SpecError, match="colour: unknown key"):
        VerifySpec.parse({**FACTS, "colour": 1}, "stand-in")
