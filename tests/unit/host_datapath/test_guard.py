"""Confirm or roll back, on a stand-in host."""

import json
import os
import stat

import pytest
from ansible.module_utils.converge import Cut
from ansible.module_utils.host_datapath import boot, runs, snapshot
from ansible.module_utils.host_datapath.guard import APPLIED, APPLYING, LAST, Guard, GuardError
from ansible.module_utils.host_datapath.network import network_manager
from ansible.module_utils.host_datapath.paths import SPEC
from ansible.module_utils.host_datapath.spec import Spec
from ansible.module_utils.system import CommandError, Output, System
from fakes.crash import CutAfter, CutPoints

OLD_CONNECTION, NEW_CONNECTION = "10.0.0.1 1111 192.0.2.11 22", "10.0.0.1 2222 192.0.2.11 22"


def desired(vlan=100, **changes):
    return {
        "host": "host-1",
        "confirm_timeout": 60,
        "nics": [
            {
                "name": "data",
                "driver": "igb",
                "ports": [
                    {"name": "data0", "pci_address": "0000:01:00.0"},
                    {"name": "data1", "pci_address": "0000:01:00.1"},
                ],
                "bond": {"name": "bond0"},
            }
        ],
        "networks": [
            {"name": "s", "link": "bond0", "vlan": vlan, "interface": f"bond0.{vlan}"},
        ],
        "management": {"interface": "mgmt0", "addresses": ["192.0.2.11/24"]},
        **changes,
    }


class Host(System):
    """A tree, interfaces, and a systemd that knows which timers run."""

    def __init__(self, root):
        super().__init__(str(root))
        self.links = {"mgmt0": {"addresses": ["192.0.2.11/24"], "kind": None}}
        self.timers = {}
        self.ran = []
        self.slept = 0.0
        self.broken = set()
        self.write_file("/proc/sys/kernel/random/boot_id", "boot-1")
        self.write_file(boot.COMMAND, "")

    def sleep(self, seconds):
        self.slept += seconds

    def run(self, *argv, check=True, timeout=120, stdin=None):
        self.ran.append(" ".join(argv))
        if argv[0] in self.broken:
            if check:
                raise CommandError(f"{argv[0]} is broken")
            return Output(1, "", "")
        if argv[:3] == ("ip", "-details", "-json"):
            return Output(0, json.dumps([self._link(name) for name in self.links]), "")
        if argv[:3] == ("ip", "link", "delete"):
            self.links.pop(argv[-1], None)
        if argv[:3] == ("ip", "address", "replace"):
            self.links[argv[-1]]["addresses"].append(argv[3])
        if argv[0] == "systemd-run":
            unit = argv[argv.index("--unit") + 1]
            self.timers[unit] = " ".join(argv)
        if argv[:2] == ("systemctl", "stop"):
            self.timers.pop(argv[2].removesuffix(".timer"), None)
        if argv[:2] == ("systemctl", "is-active") and "--quiet" not in argv:
            return Output(3, "inactive\n", "")
        return Output(0, "", "")

    def _link(self, name):
        addresses = [a.split("/") for a in self.links[name]["addresses"]]
        return {
            "ifname": name,
            "linkinfo": {"info_kind": self.links[name]["kind"]},
            "addr_info": [{"local": a, "prefixlen": int(p)} for a, p in addresses],
        }

    def reboot(self):
        self.write_file("/proc/sys/kernel/random/boot_id", "boot-2")
        self.timers.clear()


@pytest.fixture
def host(tmp_path, monkeypatch):
    # the engine has tests of its own; here only what the guard asks of it
    asked = []

    class Done:
        steps = ()

    monkeypatch.setattr(snapshot, "Datapath", lambda system, spec: spec)
    monkeypatch.setattr(snapshot, "converge", lambda spec: asked.append(spec) or Done())
    host = Host(tmp_path)
    host.engine_asked = asked
    return host


def write(host, spec_dict):
    """What applying leaves: files and interfaces."""
    spec = Spec.from_dict(spec_dict)
    for path, text in network_manager("networkd").render(spec).items():
        host.write_file(path, text)
    for path, (text, mode) in boot.render(spec).items():
        host.write_file(path, text, mode)
    host.write_file(SPEC, json.dumps(spec_dict))
    host.links["bond0"] = {"addresses": [], "kind": "bond"}
    for network in spec.networks:
        host.links[network.interface] = {"addresses": [], "kind": "vlan"}


def tree(host):
    """All files that belong to the host's configuration."""
    return {path: host.read(path) for path in host.glob("/etc/**/*.*") + host.glob("/etc/*/*/*")}


def changed(host, value=None, connection=OLD_CONNECTION):
    """A change that has been applied and waits."""
    guard, value = Guard(host), value or desired()
    record = guard.arm(value, connection)
    write(host, value)
    return guard.applied(record["change"], {"steps": []})


def kit_files(host):
    return snapshot.files.owned(host) + [p for p in boot.owned(host) if "guard" not in p]


def test_confirmed_over_a_new_connection_it_stays(host):
    record = changed(host)
    assert "--on-active=60s" in host.timers["slipway-guard-expiry"]
    last = Guard(host).confirm(record["change"], NEW_CONNECTION)
    assert last["outcome"] == "confirmed"
    assert Guard(host).pending() is None
    assert not host.timers
    assert kit_files(host)


def test_the_old_connection_proves_nothing(host):
    record = changed(host)
    with pytest.raises(GuardError, match="only a new one proves"):
        Guard(host).confirm(record["change"], OLD_CONNECTION)
    assert Guard(host).pending()["state"] == APPLIED


def test_while_applying_it_cannot_be_confirmed(host):
    record = Guard(host).arm(desired())
    assert record["state"] == APPLYING
    with pytest.raises(GuardError, match="still applying"):
        Guard(host).confirm(record["change"])


def test_unconfirmed_a_bare_host_is_bare_again(host):
    record = changed(host)
    last = runs.roll_back(host, record["change"], "expired")
    assert last["outcome"] == "rolled back"
    assert last["problems"] == []
    assert kit_files(host) == []
    assert host.read(SPEC) is None
    assert set(host.links) == {"mgmt0"}
    assert host.engine_asked[-1].nics == ()
    assert "networkctl reload" in host.ran


def test_unconfirmed_a_host_goes_back_to_its_former_model(host):
    write(host, desired(100))
    before = {p: host.read(p) for p in [*kit_files(host), SPEC]}
    record = changed(host, desired(200))
    for path in before:
        if "bond0.100" in path:
            host.remove(path)
    runs.roll_back(host, record["change"], "expired")
    assert {p: host.read(p) for p in [*kit_files(host), SPEC]} == before
    assert "bond0.200" not in host.links
    assert host.engine_asked[-1].networks[0].vlan == 100


def test_a_file_comes_back_with_its_mode(host):
    path = "/etc/netplan/70-slipway.yaml"
    host.write_file(path, "old\n", 0o600)
    record = Guard(host).arm(desired())
    host.write_file(path, "new\n", 0o644)
    runs.roll_back(host, record["change"], "asked")
    assert host.read(path) == "old"
    assert stat.S_IMODE(os.stat(host.path(path)).st_mode) == 0o600


def test_management_is_set_by_hand_when_the_manager_does_not_bring_it_back(host):
    record = changed(host)
    host.links["mgmt0"]["addresses"] = ["198.51.100.1/24"]
    last = runs.roll_back(host, record["change"], "expired")
    assert "192.0.2.11/24" in host.links["mgmt0"]["addresses"]
    assert last["problems"] == []


def test_rolling_back_goes_on_when_the_manager_fails(host):
    record = changed(host)
    host.broken = {"networkctl", "nmcli"}
    last = runs.roll_back(host, record["change"], "expired")
    assert any("networkctl" in problem for problem in last["problems"])
    assert host.read(SPEC) is None
    assert Guard(host).pending() is None


def test_after_the_roll_back_nothing_can_be_confirmed_and_it_is_told_why(host):
    record = changed(host)
    runs.roll_back(host, record["change"], "expired")
    with pytest.raises(GuardError, match=r"was rolled back at .*: it was not confirmed in time"):
        Guard(host).confirm(record["change"])


def test_the_next_run_hears_of_it_once(host):
    record = changed(host)
    runs.roll_back(host, record["change"], "expired")
    assert "not confirmed in time" in Guard(host).news()
    Guard(host).reported()
    assert Guard(host).news() is None


def test_a_late_timer_undoes_nothing_after_the_confirmation(host):
    record = changed(host)
    Guard(host).confirm(record["change"])
    assert runs.roll_back(host, record["change"], "expired") is None
    assert kit_files(host)


def test_a_timer_of_an_older_change_leaves_the_newer_one(host):
    changed(host)
    assert runs.roll_back(host, "other", "expired") is None
    assert Guard(host).pending()


def test_the_end_of_a_unit_that_did_its_work_is_no_reason(host):
    record = changed(host)
    assert runs.roll_back(host, record["change"], "died") is None
    assert Guard(host).pending()["state"] == APPLIED


def test_a_unit_that_died_is_undone(host):
    record = Guard(host).arm(desired())
    write(host, desired())
    last = runs.roll_back(host, record["change"], "died")
    assert last["reason"] == "the unit that applied it died"
    assert kit_files(host) == []


def test_a_second_run_takes_the_change_over_with_the_first_saved_state(host):
    first = changed(host, desired(100))
    second = Guard(host).arm(desired(200), NEW_CONNECTION)
    assert second["change"] == first["change"]
    assert second["runs"] == 2
    write(host, desired(200))
    runs.roll_back(host, second["change"], "expired")
    assert kit_files(host) == []
    assert set(host.links) <= {"mgmt0", "bond0.100"}


def test_a_reboot_is_no_confirmation(host):
    write(host, desired(100))
    before = {p: host.read(p) for p in [*kit_files(host), SPEC]}
    changed(host, desired(200))
    host.reboot()
    assert Guard(host).at_boot()
    # before the network: the files, so that the manager starts with them
    assert host.read(SPEC) == before[SPEC]
    assert not any(line.startswith("networkctl") for line in host.ran)
    last = Guard(host).after_boot()
    assert last["reason"] == "not confirmed before the reboot"
    assert {p: host.read(p) for p in [*kit_files(host), SPEC]} == before
    assert Guard(host).pending() is None


def test_the_boot_unit_started_by_hand_undoes_nothing(host):
    changed(host)
    assert Guard(host).at_boot() is None
    assert Guard(host).after_boot() is None
    assert Guard(host).pending()


def test_a_power_cut_while_undoing_is_undone_again(host, monkeypatch):
    record = changed(host)
    monkeypatch.setattr(snapshot, "restore_network", lambda *a: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        runs.roll_back(host, record["change"], "expired")
    host.reboot()
    Guard(host).at_boot()
    assert Guard(host).after_boot()["outcome"] == "rolled back"
    assert kit_files(host) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "applied"}', "null"])
def test_a_damaged_record_is_named_and_does_not_bar_the_host(host, text):
    host.write_file(boot.PENDING, text)
    with pytest.raises(GuardError, match=r"pending\.json is damaged"):
        Guard(host).pending()
    record = Guard(host).arm(desired())
    assert Guard(host).pending()["change"] == record["change"]


def test_a_damaged_last_record_is_nothing(host):
    host.write_file(LAST, "{")
    assert Guard(host).last() is None
    assert Guard(host).news() is None


def test_two_runs_at_once_wait_then_say_who_is_at_work(host):
    second = Guard(host).lock("the second run", patience=3)
    with (
        Guard(host).lock("the first run"),
        pytest.raises(GuardError, match=r"the first run .* is at work"),
        second,
    ):
        pass
    assert host.slept == 3


def test_the_guards_units_are_there_before_the_change(host):
    Guard(host).arm(desired())
    assert host.read(f"{boot.UNITS}/{boot.GUARD}")
    assert any("enable" in line and boot.GUARD in line for line in host.ran)


def test_the_unit_undoes_when_it_dies(host):
    guard = Guard(host)
    record = guard.arm(desired())
    guard.launch(record)
    unit = host.timers["slipway-datapath-apply"]
    assert f"ExecStopPost={boot.COMMAND} rollback --change {record['change']} --cause died" in unit
    assert unit.endswith(f"{boot.COMMAND} apply --change {record['change']}")


@pytest.mark.parametrize("again", ["timer", "boot"])
def test_a_roll_back_cut_at_every_change_is_finished(host, tmp_path, again):
    class Cuttable(CutPoints, Host):
        """Cut before each change."""

    def make(name):
        made = Cuttable(tmp_path / name)
        write(made, desired(100))
        return made, tree(made), changed(made, desired(200))

    def undo(made, record):
        return runs.roll_back(made, record["change"], "expired")

    made, before, record = make("whole")
    made.before_change = CutAfter(None)
    undo(made, record)
    points = made.before_change.points
    assert len(points) > 10
    for number, point in enumerate(points, 1):
        made, before, record = make(str(number))
        made.before_change = CutAfter(number)
        with pytest.raises(Cut):
            undo(made, record)
        made.before_change = lambda what: None
        if again == "timer":
            undo(made, record)
        else:
            made.reboot()
            Guard(made).at_boot()
            Guard(made).after_boot()
        assert tree(made) == before, point
        assert Guard(made).pending() is None, point
        assert Guard(made).last()["outcome"] == "rolled back", point
