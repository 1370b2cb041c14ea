"""What of the lab's cloud works without it: files, secrets, trees, processes."""

import configparser
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lab import cli, hostpackages
from lab import network as lab_network
from lab.cloud import daemon, files, model, sysfs, tls, venv
from lab.cloud.cloud import Cloud
from lab.cloud.conf import compute
from lab.cloud.conf.ini import ini
from lab.cloud.services import Services
from lab.cloud.settings import CATALOG, USERS, Settings
from lab.errors import LabError
from lab.paths import CHECKOUT, Paths

PROGRAMS = Path("/programs")


@pytest.fixture(scope="module")
def facts():
    program = [sys.executable, model.__file__, str(CHECKOUT / "inventories/lab-cloud")]
    return json.loads(subprocess.run(program, capture_output=True, text=True, check=True).stdout)


@pytest.fixture
def settings(tmp_path):
    return Settings(Paths(tmp_path, "default"))


def test_the_site_says_what_nova_and_neutron_load(facts):
    assert facts["hosts"]["compute-1"]["bridge_mappings"] == {"physnet1": "br-data"}
    assert "control-1" not in facts["hosts"]
    found = facts["files"]
    assert found["nova/compute-2/nova.conf"].count("device_spec = {") == 2
    assert (
        "bridge_mappings = physnet1:br-data\n" in found["neutron/compute-1/openvswitch_agent.ini"]
    )
    ranges = "network_vlan_ranges = physnet1:1000:1099,physnet1:1200:1299\n"
    assert ranges in found["neutron/ml2_conf.ini"]
    assert "PciPassthroughFilter" in found["nova/nova-scheduler.conf"]


def test_sysfs_has_the_functions_of_the_nic(tmp_path, facts):
    ports = facts["hosts"]["compute-1"]["ports"]
    sysfs.ensure(tmp_path, "compute-1", ports)
    devices = sysfs.place(tmp_path, "compute-1", ports) / "devices"
    assert len(list(devices.iterdir())) == 2 + 16 + 3  # and a NIC that is not the model's
    vf = devices / "0000:3b:01.2"  # the first of the second port
    assert (vf / "physfn").resolve() == (devices / "0000:3b:00.1").resolve()
    assert (devices / "0000:3b:00.1/virtfn0").resolve() == vf.resolve()
    assert (devices / "0000:3b:00.0/sriov_totalvfs").read_text() == "8\n"
    macs = {path.read_text() for path in devices.glob("*/net/*/address")}
    assert len(macs) == 21
    before = vf.stat().st_ino
    sysfs.ensure(tmp_path, "compute-1", ports)
    assert vf.stat().st_ino == before  # a process may have it mounted


def test_files_are_for_their_owner_only_and_parse(settings, facts, monkeypatch):
    monkeypatch.setattr(tls, "ensure", lambda _: None)
    files.write(settings, PROGRAMS, facts)
    every = [path for path in settings.home.rglob("*") if path.is_file()]
    written = [path for path in every if path.suffix in (".conf", ".ini")]
    assert len(written) > 10
    passwords = set(settings.passwords.values())
    assert len(passwords) == len(settings.passwords)
    for path in every:
        if any(word in path.read_text() for word in passwords):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in written:
        configparser.ConfigParser(strict=False, interpolation=None).read_string(path.read_text())
    for name in ("nova-compute-compute-1.conf", "nova-compute-ironic.conf"):
        assert "mysql" not in (settings.etc / name).read_text()  # nova-compute refuses to start
    clouds = (settings.home / "clouds.yaml").read_text()
    assert settings.public in clouds
    assert settings.passwords["slipway"] in clouds
    assert settings.passwords["nova"] not in clouds


def test_no_secret_is_on_a_command_line_or_in_an_environment(settings, facts, monkeypatch):
    monkeypatch.setattr(tls, "ensure", lambda _: None)
    files.write(settings, PROGRAMS, facts)
    services = Services(settings, PROGRAMS, facts)
    for each in services.daemons() + Cloud(settings.paths).daemons():
        words = [*each.argv, *each.env.values()]
        assert not any(secret in word for secret in settings.passwords.values() for word in words)


def test_another_overlay_starts_its_readers_anew(settings, facts, tmp_path, monkeypatch):
    monkeypatch.setattr(tls, "ensure", lambda _: None)
    files.write(settings, PROGRAMS, facts)

    def prints():
        services = Services(settings, PROGRAMS, facts)
        every = [*services.first(), *services.second()]
        return {each.daemon.name: each.fingerprint for each in every}

    before = prints()
    assert prints() == before
    (tmp_path / "rendered/nova/compute-1").mkdir(parents=True)
    (tmp_path / "rendered/nova/compute-1/nova.conf").write_text("[pci]\n")
    Cloud(settings.paths).choose(config=str(tmp_path / "rendered"))
    after = prints()
    changed = {name for name in after if after[name] != before[name]}
    assert "nova-compute-compute-1" in changed
    assert "neutron" in changed
    assert not changed & {"keystone", "glance", "ironic"}


def test_options_several_times_and_lists():
    text = ini({"pci": {"device_spec": ["a", "b"], "on": True, "list": ("x", "y")}})
    assert text == "[pci]\ndevice_spec = a\ndevice_spec = b\non = true\nlist = x,y\n"


def test_instances_have_addresses_of_their_own(tmp_path):
    one, two = (Settings(Paths(tmp_path, name)) for name in ("one", "two"))
    assert one.public != two.public
    assert one.url("nova", public=True) == f"https://{one.public}:8774/v2.1"
    assert one.url("nova") == "https://192.168.77.5:8774/v2.1"


def test_every_service_of_the_catalog_has_a_user():
    assert set(CATALOG) - {"keystone"} <= set(USERS)
    assert compute.IRONIC_HOST == "control-1-ironic"


@pytest.fixture
def paths(tmp_path, monkeypatch):
    """Daemons start beside us; the instance's namespace is all of the machine."""
    monkeypatch.setattr(Paths, "sockets", tmp_path / "run")
    monkeypatch.setattr(lab_network, "inside", lambda _, argv: argv)
    monkeypatch.setattr(lab_network, "processes", lambda _: numbers())
    return Paths(tmp_path, "default")


def numbers():
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def test_a_daemon_is_found_again_and_ends_with_what_it_started(paths):
    script = "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"
    one = daemon.Daemon(paths, "one", [sys.executable, "-c", script])
    assert one.start()
    again = daemon.Daemon(paths, "one", [])
    assert again.pid == one.pid
    assert not one.start()
    assert stat.S_IMODE(one.log.stat().st_mode) == 0o600
    while len(one.members()) < 2:
        pass
    os.kill(one.pid, signal.SIGKILL)  # a crash of the leader only
    while one.pid:
        pass
    assert len(one.members()) == 1
    daemon.end([again], hard=True)
    assert not one.members()
    assert not one.pid_file.exists()


def test_a_number_of_another_process_is_not_ours(paths):
    one = daemon.Daemon(paths, "one", ["true"])
    one.pid_file.parent.mkdir(parents=True)
    one.pid_file.write_text(str(os.getpid()))  # leads no session of its own
    if os.getsid(0) != os.getpid():
        assert one.pid is None
    marked = daemon.Daemon(paths, "one", ["true"], mark="/nowhere")
    assert marked.pid is None
    daemon.end([marked])  # we live on


def test_a_daemon_that_ended_shows_its_log(paths):
    one = daemon.Daemon(paths, "one", ["sh", "-c", "echo why"])
    one.start()
    while one.pid:
        pass
    with pytest.raises(LabError, match=r"one of the cloud has ended\n(?s:.*)why"):
        one.require()


def test_the_lock_has_hashes_and_what_was_asked_for():
    lock = venv.LOCK.read_text()
    for line in venv.DIRECT.read_text().splitlines():
        name, _, version = line.partition("==")
        if version:
            assert f"{name}=={version} \\\n    --hash=sha256:" in lock, name


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["cloud", "fault", "nova"], "which fault"),
        (["cloud", "fault", "cinder", "503"], "use one of keystone"),
        (["cloud", "fault", "clear"], "scripts/lab cloud up"),
        (["cloud", "kill", "cinder"], "use one of faults"),
        (["cloud", "up", "--config", "/nowhere"], "no such folder"),
        (["cloud", "up", "--token-seconds", "0"], "at least 1"),
    ],
)
def test_mistakes_are_one_line(argv, words, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(Paths, "of", classmethod(lambda cls, _=None: cls(tmp_path, "default")))
    monkeypatch.setattr(hostpackages, "ensure", lambda *_: None)
    assert cli.main(argv) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
