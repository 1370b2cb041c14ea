"""Flavors against a STAND-IN of Nova."""

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.marks import SPEC, Mark
from ansible.module_utils.cloud.runner import side_by_side
from ansible.module_utils.cloud_flavors import CloudFlavors
from ansible.module_utils.converge import Clock, ConvergeError, converge, failed
from fakes.cloud_services import StandInServices

MARK = Mark("alpha")
SPECS = {"hw:cpu_policy": "dedicated", "trait:CUSTOM_A": "required"}
RDMA = {"vcpus": 4, "ram": 8192, "disk": 20, "extra_specs": SPECS}
WANTS = {"rdma": RDMA, "own": {**RDMA, "projects": ["platform"]}}
PUBLIC = "os-flavor-access:is_public"


@pytest.fixture
def api():
    made = StandInServices()
    made.put("identity", "projects", id="p-1", name="platform")
    made.put("identity", "projects", id="p-2", name="other")
    return made


def subject(api, wants, **more):
    cloud = Cloud(api, clock=Clock(lambda: 0.0, lambda seconds: None))
    return CloudFlavors(cloud, MARK, wants, **more)


def run(api, wants=WANTS, check=False, **more):
    return converge(subject(api, wants, **more), check=check, runner=side_by_side(4))


def flavors(api):
    return {f["name"]: f for f in api.of("flavors", "compute")}


def by_hand(api, **values):
    return api.put("compute", "flavors", **{
        "name": "rdma", "vcpus": 4, "ram": 8192, "disk": 20, "extra_specs": dict(SPECS),
        PUBLIC: True, **values,
    })  # fmt: skip


def test_made_once_with_all_specs_and_who_may_use_it(api):
    assert [s["name"] for s in run(api, check=True).steps] == ["flavor:rdma", "flavor:own"]
    assert api.changes() == []
    run(api)
    made = flavors(api)
    assert made["rdma"]["extra_specs"] == {**SPECS, SPEC: "alpha"}
    assert made["own"][PUBLIC] is False and api.access[made["own"]["id"]] == ["p-1"]
    assert not run(api).changed


@pytest.mark.parametrize("value", [{"hw:cpu_policy": "shared"}, {"by:hand": "x"}])
def test_drift_of_extra_specs(api, value):
    run(api)
    flavors(api)["rdma"]["extra_specs"] |= value
    checked = subject(api, WANTS)
    assert len(failed(checked.verify(checked.observe()))) == 1
    run(api)
    assert flavors(api)["rdma"]["extra_specs"] == {**SPECS, SPEC: "alpha"}


def test_drift_of_who_may_use_it(api):
    run(api)
    api.access[flavors(api)["own"]["id"]] = ["p-2"]
    assert [s["before"] for s in run(api).steps] == [{"projects": ["other"]}]
    assert api.access[flavors(api)["own"]["id"]] == ["p-1"]


def test_a_size_that_changes_makes_it_anew_first_and_only_if_no_server_has_it(api):
    run(api)
    wants = {"new": RDMA, "rdma": {**RDMA, "ram": 16384}, "own": WANTS["own"]}
    old = flavors(api)["rdma"]["id"]
    server = api.put("compute", "servers", name="kube-1", flavor=old)
    with pytest.raises(ConvergeError, match=r"ram is 8192, not 16384.*such as kube-1"):
        run(api, wants)
    api.of("servers", "compute").remove(server)
    assert [s["name"] for s in run(api, wants).steps] == ["flavor:rdma", "flavor:new"]
    assert flavors(api)["rdma"]["ram"] == 16384 and flavors(api)["rdma"]["id"] != old


def test_gone_from_the_model(api):
    run(api)
    by_hand(api, name="theirs")
    api.put("compute", "servers", name="kube-1", flavor=flavors(api)["own"]["id"])
    assert run(api, {}).left == ["flavor own: servers have it, such as kube-1"]
    assert flavors(api).keys() == {"own", "theirs"}


def test_strangers(api):
    theirs = by_hand(api)
    run(api, {"rdma": RDMA})
    assert theirs["extra_specs"] == {**SPECS, SPEC: "alpha"}
    theirs["extra_specs"] = {"hw:cpu_policy": "shared"}
    with pytest.raises(ConvergeError, match="not the kit's"):
        run(api, {"rdma": RDMA})
    run(api, {"rdma": RDMA}, adopt=True)
    assert not run(api, {"rdma": RDMA}).changed


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("fault", [400, 503, 409, "lost", "broken"])
def test_faults_and_cuts_are_finished_by_the_next_run(api, fault, place):
    api.faults = [None] * place + [fault]
    if fault == 400 and place < 5:
        with pytest.raises(ConvergeError):
            run(api)
    run(api)
    assert not run(api).changed
    assert len(api.of("flavors", "compute")) == 2
    assert api.access[flavors(api)["own"]["id"]] == ["p-1"]


def test_what_is_given_wrong_is_named(api):
    with pytest.raises(ValueError, match=r"flavors.a.disk: is missing"):
        subject(api, {"a": {"vcpus": 1, "ram": 1}})
