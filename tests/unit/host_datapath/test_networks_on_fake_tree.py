"""Addresses and routes: what is lost comes back, what the kit gave goes; on stand-in trees."""

import json

import pytest
from ansible.module_utils.converge import converge, failed
from ansible.module_utils.host_datapath import routes
from ansible.module_utils.host_datapath.network import live, network_manager, networkd
from ansible.module_utils.host_datapath.spec import Spec, SpecError
from ansible.module_utils.system import Output, System
from fakes.hosts import bare, datapath, spec_dict

ROUTE = {"to": "198.51.100.0/24", "via": "10.10.255.254"}


def desired(**network):
    spec = spec_dict("igb")
    spec["networks"][0].update(routes=[ROUTE], **network)
    management = {"interface": "mgmt0", "addresses": ["192.0.2.11/24"], "gateway": "192.0.2.1"}
    spec["management"] = {**management, "managed": True}
    return spec


def run(host, spec):
    host.changed()
    return converge(datapath(host, spec), clock=host.clock)


def names(result):
    return [step["name"] for step in result.steps]


@pytest.fixture
def host():
    host = bare("igb")
    run(host, desired())
    assert not run(host, desired()).changed
    return host


def broken(host):
    host.changed()
    subject = datapath(host, desired())
    found = failed(subject.verify(subject.observe()))
    return {c.name: c for c in found if "slipway-" not in c.name}


@pytest.mark.parametrize(
    ("interface", "check"),
    [("bond0.100", "bond0.100: storage"), ("mgmt0", "mgmt0: management")],
)
def test_a_lost_route_is_seen_and_comes_back_on_fake_tree(host, interface, check):
    was, host.netdevs[interface].routes = host.netdevs[interface].routes, []
    assert broken(host)[check].step == "network:activate"
    result = run(host, desired())
    assert names(result) == ["network:activate"]
    assert "lacks the route" in result.steps[0]["why"]
    assert host.netdevs[interface].routes == was
    assert broken(host) == {}


def test_a_route_by_another_next_hop_is_not_the_models_on_fake_tree(host):
    host.netdevs["bond0.100"].routes = [{"dst": ROUTE["to"], "gateway": "10.10.0.9"}]
    assert names(run(host, desired())) == ["network:activate"]


def test_an_address_that_the_model_dropped_goes_on_fake_tree(host):
    result = run(host, desired(addresses=["10.10.0.2/16"]))
    assert names(result)[-2:] == ["address:bond0.100", "record:end"]
    assert host.netdevs["bond0.100"].addresses == ["10.10.0.2/16"]


def test_an_address_that_the_kit_once_gave_is_a_failed_check_and_goes_on_fake_tree(host):
    record = "/var/lib/slipway/datapath-applied.json"
    applied = json.loads(host.files[record])
    applied["addresses"]["bond0.100"].append("10.10.0.7/16")
    host.files[record] = json.dumps(applied)
    host.netdevs["bond0.100"].addresses.append("10.10.0.7/16")
    check = broken(host)["bond0.100: former addresses"]
    assert (check.got, check.step) == (["10.10.0.7/16"], "address:bond0.100")
    assert names(run(host, desired())) == ["address:bond0.100", "record:end"]
    assert host.netdevs["bond0.100"].addresses == ["10.10.0.1/16"]


def test_an_address_of_others_stays_and_is_listed_on_fake_tree(host):
    host.netdevs["bond0.100"].addresses.append("10.10.0.254/32")
    result = run(host, desired())
    assert not result.changed
    assert result.left == ["bond0.100 has 10.10.0.254/32, which the kit did not give"]
    # nor is it taken later, when the kit's own address goes
    assert "address:bond0.100" in names(run(host, desired(addresses=["10.10.0.2/16"])))
    assert "10.10.0.254/32" in host.netdevs["bond0.100"].addresses


def test_one_look_at_routes_and_only_where_the_model_has_any_on_fake_tree(host):
    asked = []
    execute = host.execute
    host.execute = lambda argv, stdin: asked.append(argv) or execute(argv, stdin)
    spec = desired()
    network = {"name": "more", "link": "bond0", "vlan": 200, "interface": "bond0.200"}
    spec["networks"].append({**network, "addresses": ["10.20.0.1/16"], "routes": [ROUTE]})
    datapath(host, spec).observe()
    assert len([argv for argv in asked if "route" in argv]) == 1
    asked.clear()
    datapath(host, spec_dict("igb")).observe()
    assert not [argv for argv in asked if "route" in argv]


class Shown(System):
    """A stand-in whose ``ip`` shows what it is given."""

    def __init__(self, shown, links=()):
        super().__init__("/nowhere")
        self.shown, self.present, self.ran = shown, list(links), []

    def run(self, *argv, **options):
        self.ran.append(argv)
        answers = {"route": self.shown, "address": self.present}
        return Output(0, json.dumps(next((a for w, a in answers.items() if w in argv), None)), "")

    def sleep(self, seconds): ...

    def list(self, path):
        return []


def test_routes_as_ip_shows_them_on_fake_tree():
    shown = [
        {"dst": "default", "gateway": "192.0.2.1", "dev": "mgmt0"},
        {"dst": "10.10.0.0/16", "dev": "bond0.100", "prefsrc": "10.10.0.1"},
        {"dst": "198.51.100.7", "gateway": "10.10.0.9", "dev": "bond0.100", "metric": 7},
        {"dst": "default", "gateway": "2001:db8::1", "dev": "mgmt0", "metric": 1024},
        {"dst": "203.0.113.0/24", "nexthops": [{"gateway": "10.10.0.8", "dev": "bond0.100"}]},
        {"dst": "192.168.0.0/24", "gateway": "10.10.0.9", "dev": "bond0.100", "table": "100"},
        {"type": "7", "dst": "10.99.0.0/16", "metric": 1},
    ]
    there = routes.read(Shown(shown))
    assert set(there) == {"mgmt0", "bond0.100"}
    wanted = [{"to": "default", "via": "192.0.2.1"}, {"to": "::/0", "via": "2001:db8::1"}]
    assert routes.missing(wanted, there["mgmt0"]) == []
    wanted = [
        {"to": "198.51.100.7/32", "via": "10.10.0.9", "metric": 7},
        {"to": "203.0.113.0/24", "via": "10.10.0.8"},
        {"to": "192.168.0.0/24", "via": "10.10.0.9", "table": 100},
    ]
    assert routes.missing(wanted, there["bond0.100"]) == []
    wanted = [{"to": "192.168.0.0/24", "via": "10.10.0.9"}, {**wanted[0], "metric": 8}]
    assert routes.missing(wanted, there["bond0.100"]) == [
        "192.168.0.0/24 via 10.10.0.9",
        "198.51.100.7/32 via 10.10.0.9",
    ]


def running(spec):
    """Links as ``ip`` shows them when all of *spec* runs."""
    found = []
    for i in live.wanted(spec):
        addresses = [a.split("/") for a in i.addresses]
        options = {k: v for k, (_, v) in i.live.items()}
        found.append(
            {
                "ifname": i.name,
                "flags": ["UP"],
                "mtu": i.mtu,
                "master": i.master,
                "addr_info": [{"local": a, "prefixlen": int(p)} for a, p in addresses],
                "linkinfo": {"info_kind": i.kind, "info_data": {**i.fixed, **options}},
            }
        )
    return found


@pytest.mark.parametrize(
    ("manager", "command"),
    [("networkd", "networkctl reconfigure bond0.100"), ("networkmanager", "nmcli --wait 0")],
)
def test_a_manager_brings_a_lost_route_back_on_fake_tree(manager, command, monkeypatch):
    for module, name in ((networkd, "SECOND_WAIT"), (networkd, "FIRST_WAIT")):
        monkeypatch.setattr(module, name, 0)
    spec = Spec.from_dict({**desired(), "network_manager": manager})
    route = {"dst": ROUTE["to"], "gateway": ROUTE["via"], "dev": "bond0.100"}
    default = {"dst": "default", "gateway": "192.0.2.1", "dev": "mgmt0"}
    for shown, lost in (([route, default], False), ([default], True)):
        system = Shown(shown, running(spec))
        network_manager(manager).activate(system, spec, [])
        assert any(" ".join(argv).startswith(command) for argv in system.ran) == lost


@pytest.mark.parametrize(
    ("route", "key"),
    [
        ({"to": "x", "via": "10.0.0.1"}, r"networks\[0\].routes\[0\].to: 'x' is not like"),
        ({"to": "10.0.0.0/8"}, r"routes\[0\].via: missing"),
        ({"to": "10.0.0.0/8", "via": "x"}, r"routes\[0\].via: 'x' is not like"),
        ({"to": "10.0.0.0/8", "via": "fd00::1"}, r"another family"),
        ({"to": "10.0.0.0/8", "via": "10.0.0.1", "dev": "x"}, r"routes\[0\].dev: unknown key"),
    ],
)
def test_a_malformed_route_is_named_on_fake_tree(route, key):
    spec = spec_dict("igb")
    spec["networks"][0]["routes"] = [route]
    with pytest.raises(SpecError, match=key):
        Spec.from_dict(spec)


@pytest.mark.parametrize("interface", ["bond0.100", "bond0"])
def test_an_interface_that_is_down_is_seen_and_comes_up_on_fake_tree(host, interface):
    host.netdevs[interface].up = False
    assert "network:activate" in {check.step for check in broken(host).values()}
    result = run(host, desired())
    assert f"{interface} is down" in result.steps[0]["why"]
    assert broken(host) == {}
