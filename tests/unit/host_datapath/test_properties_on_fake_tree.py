"""Any model, any drift: applied once, the plan is empty; on stand-in trees."""

from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.host_datapath.spec import Spec, SpecError
from fakes.hosts import PORTS, bare, datapath, spec_dict
from fakes.model import Netdev
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FEW = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
MODES = ["802.3ad", "balance-xor", "active-backup"]
DRIVERS = st.sampled_from(["mlx5_core", "igb", "netdevsim"])
POLICIES = ["layer2", "layer2+3", "layer3+4"]


@st.composite
def specs(draw, drivers=DRIVERS):
    """Specs that a host can be brought to."""
    driver = draw(drivers)
    switchdev = driver != "igb" and draw(st.booleans())
    nic = {
        "vfs": draw(st.integers(0, 4)),
        "mtu": draw(st.sampled_from([1500, 9000])),
        "vf_driver": draw(st.sampled_from(["", "none", "vfio-pci"])),
        "eswitch_mode": "switchdev" if switchdev else "legacy",
        "hw_tc_offload": switchdev and draw(st.booleans()),
        "bond": {
            "name": "bond0",
            "mode": draw(st.sampled_from(MODES)),
            "transmit_hash_policy": draw(st.sampled_from(POLICIES)),
            "lacp_rate": draw(st.sampled_from(["slow", "fast"])),
        },
    }
    spec = spec_dict(driver, **nic)
    for port in spec["nics"][0]["ports"]:
        port["name"] = port["name"].replace("data", draw(st.sampled_from(["data", "fab"])))
    bridge = spec["openvswitch"]["bridges"][0]
    bridge["representors"] = draw(st.sampled_from(["none", "all"]))
    if draw(st.booleans()):
        spec["openvswitch"] = None
    if draw(st.booleans()):
        spec["networks"] = []
    names = {port["name"] for port in spec["nics"][0]["ports"]}
    return driver, spec, names


def in_order(host, spec):
    subject = datapath(host, spec)
    plan = subject.plan(subject.observe())
    assert not plan.steps, [s.name for s in plan.steps]
    assert not plan.refusals
    bad = [c.name for c in failed(subject.verify(subject.observe())) if "slipway-" not in c.name]
    assert bad == []


@FEW
@given(specs())
def test_plan_of_an_applied_state_is_empty_on_fake_tree(drawn):
    driver, spec, _ = drawn
    host = bare(driver)
    converge(datapath(host, spec), clock=host.clock)
    in_order(host, spec)


@FEW
@given(DRIVERS.flatmap(lambda d: st.tuples(specs(st.just(d)), specs(st.just(d)))))
def test_from_one_model_to_another_on_fake_tree(pair):
    (driver, old, _), (_, new, _) = pair
    host = bare(driver)
    converge(datapath(host, old), clock=host.clock)
    converge(datapath(host, new), clock=host.clock)
    in_order(host, new)


def drifts(host, ports):
    """What somebody might change by hand: name → how."""
    netdevs, vfs = host.netdevs, [f for f in host.functions.values() if f.physfn]
    found = {
        "lost member": lambda: setattr(netdevs[ports[0]], "master", None),
        "bond gone": lambda: host._delete("bond0"),
        "port down": lambda: setattr(netdevs[ports[1]], "up", False),
        "mtu": lambda: setattr(netdevs[ports[1]], "mtu", 1400),
        "name": lambda: host._rename(netdevs[ports[1]], "eth99"),
        "offload": lambda: setattr(netdevs[ports[0]], "offload", "off"),
        "lag": lambda: setattr(host, "lag_active", False),
        "stranger": lambda: netdevs.update(
            dummy0=Netdev("dummy0", "02:00:00:00:00:09", master="bond0", up=True)
        ),
        "hash": lambda: host.bonds["bond0"].options.update(xmit_hash_policy="encap2+3"),
        "rules": lambda: host.files.pop("/etc/udev/rules.d/70-slipway-datapath.rules", None),
        "record": lambda: host.files.pop("/var/lib/slipway/datapath-applied.json", None),
        "gate": lambda: host.files.pop("/run/slipway/datapath.ready", None),
    }
    if vfs:
        found["vf unbound"] = lambda: (
            setattr(vfs[0], "driver", None),
            host.remove_netdevs(vfs[0].address),
        )
        found["vfs gone"] = lambda: host._set_numvfs(host.functions[PORTS[0]], 0)
    for handle in [f"pci/{a}" for a in PORTS if a in host.functions and host.functions[a].params]:
        for mode in ("legacy", "switchdev"):
            found[f"{handle} {mode}"] = lambda h=handle, m=mode: host.set_mode(h, m)
    if host.ovs_running:
        found["key"] = lambda: host.ovs.other_config.update({"max-idle": "777"})
        found["unplugged"] = lambda: host.ovs.do_del_port("br-data", "bond0")
    return found


@FEW
@given(specs(), st.data())
def test_any_drift_is_put_right_on_fake_tree(drawn, data):
    driver, spec, names = drawn
    host = bare(driver)
    converge(datapath(host, spec), clock=host.clock)
    for _ in range(data.draw(st.integers(1, 3))):
        if len(names - set(host.netdevs)) or "bond0" not in host.netdevs:
            break
        ways = drifts(host, sorted(names))
        ways[data.draw(st.sampled_from(sorted(ways)))]()
        host.changed()
    converge(datapath(host, spec), clock=host.clock)
    in_order(host, spec)


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.just([]))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_mutated_model_never_gives_a_traceback_on_fake_tree(data):
    driver = data.draw(st.sampled_from(["mlx5_core", "igb", "netdevsim"]))
    desired = spec_dict(driver)
    at = desired
    while True:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], (dict, list)) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = data.draw(VALUES)
    host = bare(driver)
    try:
        Spec.from_dict(desired)
        converge(datapath(host, desired), clock=host.clock)
    except (SpecError, ConvergeError):
        pass
