"""A bond that Kayobe makes: what comes before it, then the rest (a stand-in tree and Kayobe)."""

from __future__ import annotations

import pytest
from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.host_datapath.engine import Datapath
from ansible.module_utils.host_datapath.network import network_manager
from ansible.module_utils.host_datapath.spec import Spec
from fakes.hosts import bare, spec_dict
from fakes.manager import FakeManager

BEFORE = """
record:begin udev:rules names:data
vfs:data0 vfs:data1 vf-macs:data0 vf-macs:data1
lag-port-select-mode:data0 flow-steering-mode:data0
lag-port-select-mode:data1 flow-steering-mode:data1
switchdev:data0 switchdev:data1
hw-tc-offload:data up:data representors:data0 representors:data1
""".split()
AFTER = """
bind:data0 vf-names:data0 bind:data1 vf-names:data1
openvswitch:service openvswitch:settings openvswitch:restart
bridge:br-data up:data-representors gate:open
""".split()


def of_kayobe(**nic):
    values = {**spec_dict("mlx5_core", **nic), "network_manager": "kayobe", "networks": []}
    return Spec.from_dict(values)


def run(host, spec):
    subject = Datapath(host, spec)
    return converge(subject, clock=host.clock), subject


def kayobe_configures_the_host(host, spec):
    """What Kayobe does, by the fake manager."""
    FakeManager().activate(host, spec, [])


def names(result):
    return [step["name"] for step in result.steps]


def test_the_order_around_kayobe():
    host, spec = bare("mlx5_core"), of_kayobe()
    result, _ = run(host, spec)
    assert names(result) == BEFORE
    assert (
        result.warnings[-1] == "bond0 is not there yet and is Kayobe's to make; run again after it"
    )
    assert not host.lag_active
    again, _ = run(host, spec)
    assert not again.changed
    kayobe_configures_the_host(host, spec)
    result, subject = run(host, spec)
    assert names(result) == AFTER
    assert host.lag_active
    bad = [c.name for c in failed(subject.verify(subject.observe())) if "slipway-" not in c.name]
    assert bad == []
    assert not run(host, spec)[0].changed


def test_no_file_of_the_network_is_written():
    host, spec = bare("mlx5_core"), of_kayobe()
    run(host, spec)
    kayobe_configures_the_host(host, spec)
    run(host, spec)
    assert not [path for path in host.files if path.startswith("/etc/systemd/network/05-slipway")]
    assert network_manager("kayobe").render(spec) == {}


def test_ports_that_left_the_bond_for_more_vfs_are_put_back():
    host, spec = bare("mlx5_core"), of_kayobe()
    run(host, spec)
    kayobe_configures_the_host(host, spec)
    run(host, spec)
    result, _ = run(host, of_kayobe(vfs=8))
    assert "release:data0" in names(result) and "network:activate" in names(result)
    assert {host.netdevs[port].master for port in ("data0", "data1")} == {"bond0"}
    assert host.lag_active


def test_what_only_kayobe_can_put_right_is_said():
    host, spec = bare("mlx5_core"), of_kayobe()
    run(host, spec)
    kayobe_configures_the_host(host, spec)
    host.bonds["bond0"].options["xmit_hash_policy"] = "layer2"
    with pytest.raises(ConvergeError, match=r"bond0 has other xmit_hash_policy\. It is Kayobe's"):
        run(host, spec)
