"""Networks, subnets, routers and security groups against a STAND-IN of Neutron."""

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.marks import Mark
from ansible.module_utils.cloud.runner import side_by_side
from ansible.module_utils.cloud_networks import CloudNetworks
from ansible.module_utils.converge import Clock, ConvergeError, converge, failed
from fakes.cloud_services import StandInServices

MARK = Mark("alpha")
SUBNET = {
    "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1", "dns_nameservers": ["10.0.0.2"],
    "allocation_pools": [{"start": "10.0.0.10", "end": "10.0.0.99"}],
}  # fmt: skip


def network(**values):
    return {
        "provider_network_type": "vlan", "provider_physical_network": "physnet1",
        "provider_segmentation_id": 200, "mtu": 9000, "subnet": SUBNET, **values,
    }  # fmt: skip


def group(*rules, **values):
    return {"project": None, "rules": list(rules), **values}


@pytest.fixture
def api():
    made = StandInServices()
    made.put("identity", "projects", id="p-platform", name="platform")
    return made


def subject(api, networks=None, routers=None, groups=None, **more):
    cloud = Cloud(api, clock=Clock(lambda: 0.0, lambda seconds: None))
    return CloudNetworks(cloud, MARK, networks or {}, routers or {}, groups or {}, **more)


def run(api, *what, check=False, **more):
    return converge(subject(api, *what, **more), check=check, runner=side_by_side(4))


def names(result):
    return [step["name"] for step in result.steps]


WHOLE = (
    {
        "storage": network(port_security_enabled=False, shared=True),
        "outside": network(provider_segmentation_id=300, external=True),
    },
    {"outward": {"external_network": "outside", "networks": ["storage"]}},
    {"nodes": group({"protocol": "tcp", "ports": "22", "cidr": "10.0.0.0/16"}, {"group": "nodes"})},
)


def test_all_is_listed_then_made_then_left_alone(api):
    planned = run(api, *WHOLE, check=True)
    assert api.changes() == []
    done = run(api, *WHOLE)
    assert names(planned) == names(done) == [
        "network:storage", "network:outside", "subnet:storage", "subnet:outside",
        "security_group:nodes", "rules:nodes", "router:outward",
    ]  # fmt: skip
    storage = next(n for n in api.of("networks") if n["name"] == "storage")
    assert storage["provider:segmentation_id"] == 200 and storage["tags"] == [MARK.tag]
    assert storage["port_security_enabled"] is False
    before = len(api.changes())
    assert not run(api, *WHOLE).changed
    assert len(api.changes()) == before


def test_a_no_op_asks_for_lists_only(api):
    many = {f"n{i}": network(provider_segmentation_id=i) for i in range(1, 41)}
    run(api, many)
    api.asked.clear()
    run(api, many)
    assert len(api.asked) == 5  # extensions, networks, subnets, groups, routers


@pytest.mark.parametrize(
    ("collection", "change", "step"),
    [
        ("networks", {"mtu": 1500}, "network:storage"),
        ("networks", {"shared": False}, "network:storage"),
        ("networks", {"port_security_enabled": True}, "network:storage"),
        ("networks", {"admin_state_up": False}, "network:storage"),
        ("subnets", {"dns_nameservers": []}, "subnet:storage"),
        ("subnets", {"gateway_ip": None}, "subnet:storage"),
        ("subnets", {"enable_dhcp": False}, "subnet:storage"),
        ("subnets", {"allocation_pools": []}, "subnet:storage"),
        ("security-groups", {"description": "x"}, "security_group:nodes"),
        ("security-groups", {"security_group_rules": []}, "rules:nodes"),
        ("routers", {"external_gateway_info": None}, "router:outward"),
        ("routers", {"admin_state_up": False}, "router:outward"),
    ],
)
def test_drift_is_found_by_check_and_corrected(api, collection, change, step):
    run(api, *WHOLE)
    api.of(collection)[0].update(change)
    assert names(run(api, *WHOLE, check=True)) == [step]
    assert failed(subject(api, *WHOLE).verify(subject(api, *WHOLE).observe()))
    run(api, *WHOLE)
    checked = subject(api, *WHOLE)
    assert failed(checked.verify(checked.observe())) == []


def test_a_rule_that_is_too_much_goes_and_the_others_stay(api):
    run(api, *WHOLE)
    found = api.of("security-groups")[0]
    kept = [rule["id"] for rule in found["security_group_rules"]]
    api._rule(found, {"direction": "ingress", "ethertype": "IPv4", "protocol": "udp"})
    step = run(api, *WHOLE).steps[0]
    assert step["before"] == {"rules": ["ingress IPv4 udp all from any"]}
    assert [rule["id"] for rule in found["security_group_rules"]] == kept


def test_icmp_has_another_name_in_ipv6(api):
    run(api, {}, {}, {"nodes": group({"protocol": "icmp"}, {"protocol": "ipv6-icmp"})})
    rules = api.of("security-groups")[0]["security_group_rules"]
    found = {(r["ethertype"], r["protocol"]) for r in rules if r["direction"] == "ingress"}
    assert found == {("IPv4", "icmp"), ("IPv6", "ipv6-icmp")}


def test_an_interface_that_was_taken_away_comes_back_and_a_strangers_stays(api):
    run(api, *WHOLE)
    router = api.of("routers")[0]["id"]
    api.of("ports").clear()
    theirs = api.put("network", "networks", name="theirs", project_id="p-x")["id"]
    api.put("network", "ports", device_id=router, network_id=theirs,
            device_owner="network:router_interface")  # fmt: skip
    assert names(run(api, *WHOLE)) == ["router:outward"]
    assert len(api.of("ports")) == 2


def test_a_segment_that_changes_makes_the_network_and_its_subnet_anew(api):
    run(api, {"storage": network()})
    old = api.of("networks")[0]["id"]
    done = run(api, {"storage": network(provider_segmentation_id=201)})
    assert names(done) == ["network:storage", "subnet:storage"]
    assert api.of("networks")[0]["id"] != old and len(api.of("subnets")) == 1


def test_not_while_a_server_is_on_it(api):
    run(api, {"storage": network()})
    api.put("network", "ports", network_id=api.of("networks")[0]["id"],
            device_owner="compute:nova")  # fmt: skip
    with pytest.raises(ConvergeError, match=r"in use \(1 port, the first .* \(compute:nova\)\)"):
        run(api, {"storage": network(provider_segmentation_id=201)})
    left = run(api, {}).left
    assert len(left) == 1 and left[0].startswith("network storage: 1 port")


def test_all_goes_in_order_when_the_model_is_empty(api):
    run(api, *WHOLE)
    stranger = api.put("network", "networks", name="theirs")
    assert names(run(api)) == [
        "router:outward:delete", "network:storage:delete", "network:outside:delete",
        "security_group:nodes:delete",
    ]  # fmt: skip
    assert api.of("networks") == [stranger] and api.of("ports") == []


def test_a_network_with_a_strangers_subnet_stays(api):
    run(api, {"storage": network()})
    api.put("network", "subnets", name="s", network_id=api.of("networks")[0]["id"])
    assert "is not the kit's" in run(api, {}).left[0]


def test_a_tenants_network_of_the_same_name_is_none_of_ours(api):
    theirs = api.put("network", "networks", name="storage", project_id="p-x", mtu=1400)
    run(api, {"storage": network()})
    assert theirs["mtu"] == 1400 and len(api.of("networks")) == 2


def test_a_network_of_a_project(api):
    run(api, {"storage": network(project="platform")})
    assert api.of("networks")[0]["project_id"] == "p-platform"
    with pytest.raises(ConvergeError, match="project 'none' is not there"):
        run(api, {"other": network(project="none", provider_segmentation_id=5)})


@pytest.mark.parametrize("fault", [500, 503, 409, "lost", "broken"])
@pytest.mark.parametrize("place", range(0, 18, 3))
def test_faults_in_the_middle_leave_nothing_double(api, fault, place):
    api.faults = [None] * place + [fault]
    run(api, *WHOLE)
    assert not run(api, *WHOLE).changed
    kinds = ("networks", "subnets", "routers", "security-groups", "ports")
    assert [len(api.of(kind)) for kind in kinds] == [2, 2, 1, 1, 1]


@pytest.mark.parametrize("place", range(16))
def test_a_run_that_was_cut_is_finished_by_the_next(api, place):
    api.faults = [None] * place + [400]
    with pytest.raises(ConvergeError):
        run(api, *WHOLE)
    run(api, *WHOLE)
    assert not run(api, *WHOLE).changed
    assert [len(api.of(kind)) for kind in ("networks", "subnets", "routers", "ports")] == [
        2,
        2,
        1,
        1,
    ]


def test_a_cloud_without_routers(api):
    api.of("extensions").pop(0)
    assert run(api, {"storage": network()}).changed
    with pytest.raises(ValueError, match="the cloud has no routers"):
        run(api, *WHOLE)


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (({"a": {"mtu": 9000}},), "networks.a.provider_network_type: is missing"),
        (({"a": network(mtu="9000")},), "networks.a.mtu: '9000' is no int"),
        (({"a": network(mty=1)},), "networks.a.mty: is unknown"),
        (({"a": 5},), "networks.a: must be a mapping"),
        (({}, {}, {"g": group({"port": 1})}), r"security_groups.g.rules\[0\].port: is unknown"),
    ],
)
def test_what_is_given_wrong_is_named(api, what, line):
    with pytest.raises(ValueError, match=line):
        subject(api, *what)
