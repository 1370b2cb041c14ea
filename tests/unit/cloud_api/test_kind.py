"""How objects of a kind are brought to the model, with a kind of two attributes on a STAND-IN."""

import threading

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.errors import CloudError
from ansible.module_utils.cloud.kind import Kind, checks, reconcile
from ansible.module_utils.cloud.marks import Mark
from ansible.module_utils.cloud.module import difference
from ansible.module_utils.cloud.runner import side_by_side
from ansible.module_utils.converge import Clock, ConvergeError, Plan, Step, converge
from fakes.cloud import StandInCloud

MARK = Mark("alpha")


class Networks(Kind):
    """MTU can be changed, the VLAN cannot; with a port it is in use."""

    name, fixed = "network", ("vlan",)

    def wanted(self, name, want):
        return {"mtu": want["mtu"], "vlan": want["vlan"]}

    def users(self, thing):
        return "port p1" if thing.get("used") else ""

    def create(self, name, want):
        body = {"network": {"name": name, "tags": [self.mark.tag], **want}}
        found = lambda: None  # noqa: E731
        self.cloud.create("network", "/networks", body, found)

    def change(self, name, want, thing, keys):
        values = {key: self.wanted(name, want)[key] for key in keys}
        self.cloud.change("network", "PUT", f"/networks/{thing['id']}", {"network": values})

    def take(self, thing):
        tags = {"tags": [*thing["tags"], self.mark.tag]}
        self.cloud.change("network", "PUT", f"/networks/{thing['id']}/tags", tags)

    def remove(self, thing):
        self.cloud.delete("network", f"/networks/{thing['id']}")


class Subject:
    name = "networks"

    def __init__(self, cloud, wants, adopt=False):
        self.kind, self.wants, self.adopt = Networks(cloud, MARK), wants, adopt

    def observe(self):
        return {"networks": self.kind.cloud.list("network", "/networks", "networks")}

    def plan(self, seen):
        plan = Plan()
        removals = reconcile(self.kind, self.wants, seen["networks"], plan, adopt=self.adopt)
        plan.steps += removals
        return plan

    def verify(self, seen):
        return checks(self.kind, self.wants, seen["networks"], "openstack network show {name}")


@pytest.fixture
def api():
    return StandInCloud()


def run(api, wants=None, adopt=False, **more):
    wants = {"blue": {"mtu": 9000, "vlan": 7}} if wants is None else wants
    cloud = Cloud(api, clock=Clock(lambda: 0.0, lambda seconds: None))
    return converge(Subject(cloud, wants, adopt), runner=side_by_side(4), **more)


def hand_made(api, **values):
    return api.put("network", "networks", **{"name": "blue", "mtu": 9000, "vlan": 7, **values})


def test_made_once_and_drift_is_corrected(api):
    assert run(api, check=True).steps[0]["after"] == {"mtu": 9000, "vlan": 7}
    assert api.of("networks") == []
    assert run(api).changed and not run(api).changed
    api.of("networks")[0]["mtu"] = 1500
    result = run(api)
    assert result.steps[0]["before"] == {"mtu": 1500} and api.of("networks")[0]["mtu"] == 9000


def test_what_the_model_no_longer_names_goes_unless_it_is_used_or_a_strangers(api):
    hand_made(api, name="stranger")
    hand_made(api, name="gone", tags=[MARK.tag])
    hand_made(api, name="used", tags=[MARK.tag], used=True)
    hand_made(api, name="other-site", tags=["slipway:beta"])
    result = run(api, {})
    assert [n["name"] for n in api.of("networks")] == ["stranger", "used", "other-site"]
    assert result.left == ["network used: port p1"]
    assert not run(api, {}).changed


def test_a_stranger_that_is_as_the_model_says_is_taken_over(api):
    before = hand_made(api, tags=["theirs"])["id"]
    assert run(api).steps[0]["why"].startswith("is taken over")
    assert api.of("networks")[0]["id"] == before
    assert api.of("networks")[0]["tags"] == ["theirs", MARK.tag]
    assert not run(api).changed


def test_a_stranger_that_differs_is_refused_until_it_is_handed_over(api):
    hand_made(api, mtu=1500)
    with pytest.raises(ConvergeError, match=r"mtu is 1500, not 9000.*adopt: true"):
        run(api)
    assert api.changes() == []
    assert run(api, check=True).refusals
    run(api, adopt=True)
    assert (api.of("networks")[0]["mtu"], api.of("networks")[0]["tags"]) == (9000, [MARK.tag])


def test_a_stranger_that_cannot_become_it_and_several_of_one_name_are_refused(api):
    hand_made(api, vlan=8)
    with pytest.raises(ConvergeError, match=r"cannot be changed to that \(vlan\)"):
        run(api, adopt=True)
    hand_made(api, vlan=9)
    with pytest.raises(ConvergeError, match="there are 2 of that name"):
        run(api, adopt=True)


def test_what_the_api_cannot_change_is_made_anew_first_and_not_while_in_use(api):
    old = hand_made(api, tags=[MARK.tag], vlan=8)
    wants = {"green": {"mtu": 9000, "vlan": 1}, "blue": {"mtu": 9000, "vlan": 7}}
    old["used"] = True
    with pytest.raises(ConvergeError, match=r"vlan is 8, not 7.*in use \(port p1\)"):
        run(api, wants)
    old["used"] = False
    assert [s["name"] for s in run(api, wants).steps] == ["network:blue", "network:green"]
    assert {n["name"]: n["vlan"] for n in api.of("networks")} == {"blue": 7, "green": 1}


def test_a_double_of_the_kits_own_goes(api):
    hand_made(api, tags=[MARK.tag], used=True)
    hand_made(api, tags=[MARK.tag])
    run(api)
    assert [n["used"] for n in api.of("networks")] == [True]


def test_one_that_fails_lets_the_others_end_and_is_named(api):
    wants = {name: {"mtu": 9000, "vlan": 7} for name in "abcd"}
    api.faults = [400]
    with pytest.raises(ConvergeError, match=r"network:[abcd]: network POST"):
        run(api, wants)
    assert len(api.of("networks")) == 3
    assert len(run(api, wants).steps) == 1


def test_verify_says_what_differs(api):
    run(api)
    subject = Subject(Cloud(api), {"blue": {"mtu": 1, "vlan": 7}, "none": {"mtu": 1, "vlan": 7}})
    assert [c.got for c in subject.verify(subject.observe())] == ["mtu", "is not there"]


def test_kinds_one_after_the_other_steps_of_one_together():
    meet = threading.Barrier(2, timeout=20)
    order = []

    def step(name, do=lambda: None):
        return Step(name, "", lambda: (do(), order.append(name.partition(":")[0]))[0])

    steps = [step("a:1", meet.wait), step("a:2", meet.wait), step("b:1"), step("a:3")]
    done = side_by_side(4)(steps, lambda s: (s.do(), s.summary())[1])
    assert order == ["a", "a", "b", "a"]
    assert [each["name"] for each in done] == ["a:1", "a:2", "b:1", "a:3"]


def test_all_that_failed_are_named():
    def fail(step):
        raise ConvergeError(step.name, "no")

    with pytest.raises(ConvergeError, match="a:1: no; a:2: no"):
        side_by_side(4)([Step(f"a:{n}", "", lambda: None) for n in (1, 2)], fail)


def test_a_diff_has_a_line_for_each_attribute():
    steps = [{"name": "network:a", "before": None, "after": {"mtu": 9000, "tags": ["x"]}}]
    assert difference(steps) == {
        "before": "network:a (absent)\n", "after": 'network:a\n  mtu: 9000\n  tags: ["x"]\n',
    }  # fmt: skip


def test_marks():
    assert MARK.on_tags({"tags": ["slipway:alpha"]}) and not MARK.on_tags({"tags": None})
    assert MARK.on_specs({"slipway:site": "alpha"}) and not MARK.on_specs({})
    assert MARK.on_extra({"extra": {"slipway": "alpha"}}) and not MARK.on_extra({"extra": {}})
    assert CloudError("x").status == 0
