"""Whole runs of two hosts on loopback, each in a process of its own as on real hosts."""

import multiprocessing
import socket
import time

import pytest
from ansible.module_utils.converge import EMULATION
from ansible.module_utils.system import Output, System
from ansible.module_utils.verify import measurer, run
from ansible.module_utils.verify.findings import Findings
from ansible.module_utils.verify.spec import Network, Session, Task, sessions, settings_for

ANSWERED = (
    "2 packets transmitted, 2 received, 0% packet loss\nrtt min/avg/max/mdev = 1/2.5/3/1 ms\n"
)
LOST = "2 packets transmitted, 0 received, 100% packet loss\n"
FORK = multiprocessing.get_context("fork")


class Path(System):
    """A host whose pings of up to *mtu* bytes are answered. Nothing else is there."""

    def __init__(self, mtu, root="/nonexistent"):
        super().__init__(root)
        self.mtu = mtu

    def run(self, *argv, **_options):
        if argv[0] != "ping":
            return Output(127, "", "not installed")
        size = int(argv[argv.index("-s") + 1]) + 28
        return Output(0, ANSWERED, "") if size <= self.mtu else Output(1, LOST, "")


def network(me, peer):
    return Network("storage", "bond0", "bond0.100", 9000, me, peer, 2000, EMULATION)


def task(me, peer, role, port, rendezvous=8.0, token="secret"):
    own, other = ("127.0.0.1", "127.0.0.2") if role == "client" else ("127.0.0.2", "127.0.0.1")
    session = Session(peer, role, (other,), (network(own, other),))
    return Task(me, token, (session,), port=port, rendezvous=rendezvous)


@pytest.fixture
def port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.2", 0))
        return unused.getsockname()[1]


def in_process(given, mtu, own_checks=lambda findings: None):
    """Start a run; a queue with its findings comes back."""
    answers = FORK.Queue()

    def work():
        answers.put(run.run(Path(mtu), given, own_checks).as_dict())

    process = FORK.Process(target=work)
    process.start()
    return process, answers


def by_name(findings):
    return {check["name"]: check for check in findings["checks"]}


def test_both_sides_end_well(port):
    _process, server = in_process(task("host-2", "host-1", "server", port), 9000)
    _process, client = in_process(task("host-1", "host-2", "client", port), 9000)
    found = by_name(client.get(timeout=30))
    assert found["storage: MTU to the peer"]["ok"]
    assert found["storage: no more than the MTU"]["ok"]
    assert by_name(server.get(timeout=30)) == {}


def test_a_missing_peer_is_a_failed_check(port):
    started = time.monotonic()
    _process, client = in_process(task("host-1", "host-2", "client", port, 1.0), 9000)
    _process, server = in_process(task("host-3", "host-4", "server", port, 1.0), 9000)
    for answers, peer in ((client, "host-2"), (server, "host-4")):
        found = by_name(answers.get(timeout=30))
        assert not found[f"peer {peer}"]["ok"]
        assert found[f"peer {peer}"]["step"] == "path"
    assert time.monotonic() - started < 20


def test_a_client_killed_in_the_middle_lets_the_server_end(port):
    process, server = in_process(task("host-2", "host-1", "server", port), 9000)

    class Stuck(Path):
        def run(self, *_argv, **_options):
            time.sleep(60)

    client = FORK.Process(
        target=lambda: run.run(
            Stuck(9000), task("host-1", "host-2", "client", port), lambda f: None
        )
    )
    client.start()
    time.sleep(1)
    client.kill()
    found = by_name(server.get(timeout=30))
    assert not found["peer host-1"]["ok"]
    process.join(10)
    assert process.exitcode == 0


def test_own_checks_come_even_if_the_peer_does_not(port):
    def own(findings):
        findings.check("data0: VFs", True, 7, 7, source=EMULATION)

    _process, client = in_process(task("host-1", "host-2", "client", port, 0.5), 9000, own)
    assert by_name(client.get(timeout=30))["data0: VFs"]["ok"]


def test_the_whole_run_has_an_end(monkeypatch):
    monkeypatch.setattr(run, "_longest", lambda _task: 0.3)
    findings = run.run(Path(9000), Task("host-1", ""), lambda _findings: time.sleep(30))
    (check,) = findings.checks
    assert not check.ok
    assert "no end after" in check.got


@pytest.mark.parametrize(
    ("mtu", "step", "word"),
    [(1500, "mtu", "small packets pass"), (0, "path", "no answer"), (9000, None, ""),
     (9216, "mtu", "they pass")],
)  # fmt: skip
def test_what_is_wrong_with_a_path(mtu, step, word):
    findings = Findings("host-1")
    passes = measurer.path(Path(mtu), "host-2", network("10.10.0.1", "10.10.0.2"), findings)
    broken = [check for check in findings.checks if not check.ok]
    assert passes == (mtu >= 9000)
    if step is None:
        assert broken == []
    else:
        assert [check.step for check in broken] == [step]
        assert word in broken[0].got


def test_peers_without_a_common_network():
    (session,) = sessions(
        [{"peer": "host-2", "role": "client", "round": 0}], [{"name": "host-2", "networks": []}]
    )
    findings = run.run(Path(9000), Task("host-1", "", (session,)), lambda _findings: None)
    assert findings.checks == []
    assert findings.skipped[0]["reason"] == "no fabric that both hosts are on"


def test_settings_follow_the_evidence():
    assert settings_for("hardware", {}).budget > settings_for(EMULATION, {}).budget
    assert settings_for(EMULATION, {"flows": None, "message_sizes": []}).flows == 48
    assert settings_for(EMULATION, {"queue_pairs": ["4"]}).queue_pairs == (4,)
    with pytest.raises(ValueError, match="colour"):
        settings_for(EMULATION, {"colour": 1})
