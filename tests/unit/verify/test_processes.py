"""Children that cannot outlive their parent or their time."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from ansible.module_utils.system import System
from ansible.module_utils.verify.processes import Child, await_listener, listens

PYTHON = sys.executable


def test_output_and_status():
    output = Child([PYTHON, "-c", "print('hello'); raise SystemExit(3)"]).wait(20)
    assert (output.status, output.stdout) == (3, "hello\n")


def test_too_late_is_killed():
    child = Child([PYTHON, "-c", "import time; time.sleep(60)"])
    assert child.wait(0.2).status == 124
    assert child.status == -signal.SIGKILL


def test_no_such_program():
    with pytest.raises(FileNotFoundError):
        Child(["/no/such/program"])


def test_a_killed_parent_leaves_no_orphan():
    code = (
        "import sys, time, ansible.module_utils as m; m.__path__.append(sys.argv[1])\n"
        "from ansible.module_utils.verify.processes import Child\n"
        "c = Child([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(c._process.pid, flush=True); time.sleep(60)\n"
    )
    import ansible.module_utils

    place = ansible.module_utils.__path__[-1]
    parent = subprocess.Popen([PYTHON, "-c", code, place], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _try in range(100):
        if not alive(child):
            return
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child outlived its parent")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as handle:
            return handle.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_listener_is_seen():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        assert not listens(System(), port)
        listening.listen()
        assert listens(System(), port)


def test_a_server_that_ends_at_once_says_why():
    child = Child([PYTHON, "-c", "print('no RDMA device'); raise SystemExit(1)"])
    with pytest.raises(RuntimeError, match="no RDMA device"):
        await_listener(System(), child, 1, 10)
