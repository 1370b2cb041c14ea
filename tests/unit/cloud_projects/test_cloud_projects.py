"""Projects, quotas and own roles against a STAND-IN of Keystone, Nova and Neutron."""

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.marks import Mark
from ansible.module_utils.cloud.runner import side_by_side
from ansible.module_utils.cloud_projects import CloudProjects
from ansible.module_utils.converge import Clock, ConvergeError, converge, failed
from fakes.cloud_services import StandInServices

MARK = Mark("alpha")
WANTS = {"platform": {"description": "Ours", "quota": {"instances": 20, "ports": 60}}, "small": {}}


@pytest.fixture
def api():
    made = StandInServices()
    made.put("identity", "roles", id="r-member", name="member")
    return made


def subject(api, wants, **more):
    cloud = Cloud(api, clock=Clock(lambda: 0.0, lambda seconds: None))
    return CloudProjects(cloud, MARK, wants, own_roles=["member"], **more)


def run(api, wants=WANTS, check=False, **more):
    return converge(subject(api, wants, **more), check=check, runner=side_by_side(4))


def names(result):
    return [step["name"] for step in result.steps]


def test_made_with_roles_and_quotas_once(api):
    planned = run(api, check=True)
    assert api.changes() == []
    done = run(api)
    assert names(planned) == names(done) == [
        "project:platform", "project:small", "role:platform", "role:small", "quota:platform",
    ]  # fmt: skip
    project = api.of("projects", "identity")[0]
    assert project["tags"] == [MARK.tag] and project["domain_id"] == "default"
    assert api.quotas["compute", project["id"]]["instances"] == 20
    assert api.quotas["compute", project["id"]]["cores"] == 20  # not given
    assert api.quotas["network", project["id"]]["port"] == 60
    assert not run(api).changed


def test_drift_of_a_quota_a_description_and_a_role(api):
    run(api)
    project = api.of("projects", "identity")[0]
    api.quotas["network", project["id"]]["port"] = 5
    project["description"], project["enabled"] = "theirs", False
    api.of("role_assignments", "identity").clear()
    checked = subject(api, WANTS)
    assert len(failed(checked.verify(checked.observe()))) == 2
    done = run(api)
    assert names(done) == ["project:platform", "role:platform", "role:small", "quota:platform"]
    assert done.steps[-1]["before"] == {"ports": 5}
    assert failed(checked.verify(checked.observe())) == []


@pytest.mark.parametrize(
    ("service", "collection"),
    [
        ("compute", "servers"),
        ("network", "networks"),
        ("network", "security-groups"),
        ("image", "images"),
    ],
)
def test_a_project_with_something_in_it_stays(api, service, collection):
    run(api)
    project = api.of("projects", "identity")[0]["id"]
    held = {"owner": project, "os_hidden": False} if service == "image" else {}
    api.put(service, collection, name="x", **{"project_id": project, **held})
    result = run(api, {})
    assert result.left == [f"project platform: it has {collection.replace('-', '_')}, such as x"]
    assert names(result) == ["project:small:delete"]


def test_an_empty_one_goes_with_its_default_group_and_strangers_stay(api):
    run(api)
    theirs = api.put("identity", "projects", name="theirs", domain_id="default")
    ours = api.of("projects", "identity")[0]["id"]
    api.put("network", "security-groups", name="default", project_id=ours)
    run(api, {})
    assert api.of("projects", "identity") == [theirs]
    assert api.of("security-groups") == []


def test_a_strangers_project_is_refused_and_handed_over(api):
    api.put("identity", "projects", name="small", description="theirs", enabled=True)
    with pytest.raises(ConvergeError, match="project small is not the kit's"):
        run(api)
    run(api, adopt=True)
    assert api.of("projects", "identity")[0]["tags"] == [MARK.tag]


def test_what_is_given_wrong_is_named(api):
    with pytest.raises(ValueError, match=r"projects.a.quota.instance: is unknown"):
        subject(api, {"a": {"quota": {"instance": 1}}})
    api.of("roles", "identity").clear()
    api.put("identity", "projects", name="small")
    with pytest.raises(ValueError, match="the cloud has no role 'member'"):
        run(api)
    with pytest.raises(ValueError, match="no block storage"):
        run(api, {"a": {"quota": {"volumes": 1}}})


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("fault", [503, "lost", "broken"])
def test_faults_leave_nothing_double(api, fault, place):
    api.faults = [None] * place + [fault]
    run(api)
    assert not run(api).changed
    assert len(api.of("projects", "identity")) == 2
