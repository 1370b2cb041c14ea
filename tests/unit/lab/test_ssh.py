from pathlib import Path

import pytest

from lab import ssh
from lab.command import capture
from lab.instance import ALL
from lab.paths import Paths

pytestmark = pytest.mark.usefixtures("fake_keys")


@pytest.fixture
def paths(tmp_path):
    paths = Paths(tmp_path, "default")
    paths.home.mkdir(parents=True)
    ssh.write(paths, ALL)
    return paths


@pytest.mark.parametrize("target", ["host-1", "192.168.77.11"])
def test_ssh_reads_the_configuration_as_meant(paths, target):
    shown = capture(["ssh", "-G", "-F", paths.ssh_config, target])
    options = dict(line.split(" ", 1) for line in shown.splitlines() if " " in line)
    assert options["hostname"] == "192.168.77.11"
    assert options["user"] == "root"
    assert options["stricthostkeychecking"] in ("true", "yes")
    assert options["hostkeyalias"] == "host-1"
    assert options["userknownhostsfile"] == str(paths.known_hosts)
    assert f"--net={paths.netns_file}" in options["proxycommand"]


def test_other_hosts_are_not_touched(paths):
    shown = capture(["ssh", "-G", "-F", paths.ssh_config, "elsewhere.example.org"])
    assert "slipway" not in shown


def test_known_hosts_has_every_machine(paths):
    names = [line.split()[0] for line in paths.known_hosts.read_text().splitlines()]
    assert names == [each.name for each in ALL]


def test_only_relays_to_the_machine_are_ended(paths, monkeypatch):
    commands = {
        10: ["socat", "-", "TCP4:192.168.77.11:22,nodelay"],
        11: ["socat", "-", "TCP4:192.168.77.12:22,nodelay"],
        12: ["qemu-system-x86_64", "TCP4:192.168.77.11:22"],
    }
    ended = []
    monkeypatch.setattr(ssh.network, "processes", lambda _: list(commands))
    monkeypatch.setattr(ssh, "command_line", commands.__getitem__)
    monkeypatch.setattr(ssh.os, "kill", lambda pid, _: ended.append(pid))
    ssh.disconnect(Paths(Path("/x"), "default"), ALL[0])
    assert ended == [10]
