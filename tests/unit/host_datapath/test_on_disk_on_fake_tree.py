"""A converged host written to a folder answers like one, through System(root=…)."""

import json

import pytest
from ansible.module_utils.converge import converge, failed
from ansible.module_utils.host_datapath import show
from ansible.module_utils.host_datapath.host import Host
from ansible.module_utils.host_datapath.openvswitch import SOCKET
from ansible.module_utils.host_datapath.spec import Spec
from ansible.module_utils.host_datapath.status import status
from ansible.module_utils.system import CommandError, System
from fakes import on_disk
from fakes.hosts import spec_dict


@pytest.mark.parametrize("driver", ["mlx5_core", "igb", "netdevsim"])
@pytest.mark.parametrize("manager", ["networkd", "netplan", "networkmanager"])
def test_nothing_to_do_on_fake_tree(tmp_path, driver, manager):
    desired = {**spec_dict(driver), "network_manager": manager}
    on_disk.write(desired, tmp_path)
    subject = Host(System(str(tmp_path)), Spec.from_dict(desired))
    result = converge(subject)
    assert result.steps == []
    assert failed(subject.verify(subject.observe())) == []


def test_unknown_commands_are_errors(tmp_path):
    (tmp_path / "commands.json").write_text(json.dumps({"true": [0, "", ""]}))
    system = System(str(tmp_path))
    assert system.run("true").status == 0
    with pytest.raises(CommandError, match="no answer recorded"):
        system.run("false", check=False)


def test_status_says_that_open_vswitch_is_stopped(tmp_path):
    desired = spec_dict("mlx5_core")
    on_disk.write(desired, tmp_path)
    system, spec = System(str(tmp_path)), Spec.from_dict(desired)
    assert "Open vSwitch  running" in show.status(status(system, spec))
    (tmp_path / SOCKET.lstrip("/")).unlink()
    assert "Open vSwitch  stopped" in show.status(status(system, spec))
