"""Two hosts' talk on loopback: strangers, silence, death."""

import contextlib
import json
import socket
import threading
import time

import pytest
from ansible.module_utils.verify import control

HERE = "127.0.0.1"


@pytest.fixture
def listener():
    found = control.Listener([HERE], 0)
    yield found
    found.close()


class Serving(threading.Thread):
    """A server in a thread; ``error`` is what ended it."""

    def __init__(self, listener, verbs=None, token="secret", client="host-1", idle=2.0):
        super().__init__(daemon=True)
        self.listener, self.verbs, self.token = listener, verbs or {}, token
        self.client, self.idle, self.error = client, idle, None
        self.start()

    def run(self):
        try:
            connection = self.listener.accept(self.client, self.token, 5)
            try:
                control.serve(connection, self.verbs, self.idle)
            finally:
                connection.close()
        except control.PeerError as error:
            self.error = str(error)


def dial(listener, me="host-1", token="secret", seconds=3.0):
    return control.dial([HERE], listener.port, me=me, peer="host-2", token=token, seconds=seconds)


def test_ask_and_answer(listener):
    serving = Serving(listener, {"add": lambda a, b: a + b})
    connection = dial(listener)
    assert connection.ask("add", 5, a=1, b=2) == 3
    connection.ask("bye", 5)
    serving.join(5)
    assert serving.error is None


def test_a_failure_is_told_and_the_talk_goes_on(listener):
    def broken():
        raise RuntimeError("no RDMA device")

    Serving(listener, {"broken": broken, "fine": lambda: 1})
    connection = dial(listener)
    with pytest.raises(control.RequestFailed, match="host-2: broken: no RDMA device"):
        connection.ask("broken", 5)
    with pytest.raises(control.RequestFailed, match="not a verb"):
        connection.ask("rm", 5)
    with pytest.raises(control.RequestFailed):
        connection.ask("fine", 5, unknown=1)
    assert connection.ask("fine", 5) == 1


def test_a_stranger_is_turned_away_and_the_peer_still_comes_in(listener):
    serving = Serving(listener, {"fine": lambda: 1})
    with pytest.raises(control.PeerError, match=r"refused|did not answer"):
        dial(listener, token="guessed", seconds=0.5)
    with pytest.raises(control.PeerError, match=r"refused|did not answer"):
        dial(listener, me="host-3", seconds=0.5)
    connection = dial(listener)
    assert connection.ask("fine", 5) == 1
    assert serving.error is None
    connection.close()


def test_the_secret_does_not_cross_the_wire(listener):
    Serving(listener)
    with socket.create_connection((HERE, listener.port)) as stream:
        nonce = json.loads(stream.makefile().readline())["nonce"]
    assert control._proof("secret", nonce, "host-1") != control._proof("secret", "x", "host-1")
    assert "secret" not in control._proof("secret", nonce, "host-1")


def test_no_client_in_time(listener):
    started = time.monotonic()
    with pytest.raises(control.PeerError, match=r"host-1 did not come within 0\.3 s"):
        listener.accept("host-1", "secret", 0.3)
    assert time.monotonic() - started < 3


def test_no_server_in_time():
    with socket.socket() as unused:
        unused.bind((HERE, 0))
        port = unused.getsockname()[1]
    with pytest.raises(control.PeerError, match=r"host-2 did not answer within 0\.6 s"):
        control.dial([HERE], port, me="host-1", peer="host-2", token="secret", seconds=0.6)


def test_a_server_that_starts_late():
    with socket.socket() as unused:
        unused.bind((HERE, 0))
        port = unused.getsockname()[1]
    found = []

    def late():
        time.sleep(0.7)
        listener = control.Listener([HERE], port)
        found.append(listener)
        Serving(listener, {"fine": lambda: 1})

    threading.Thread(target=late, daemon=True).start()
    connection = control.dial([HERE], port, me="host-1", peer="host-2", token="secret", seconds=9)
    assert connection.ask("fine", 5) == 1
    found[0].close()


def test_the_second_address_is_tried(listener):
    Serving(listener, {"fine": lambda: 1})
    connection = control.dial(
        ["127.0.0.9", HERE], listener.port, me="host-1", peer="host-2", token="secret", seconds=5
    )
    assert connection.ask("fine", 5) == 1


def test_a_server_that_dies(listener):
    def die():
        raise control.PeerError("as if killed")

    serving = Serving(listener, {"die": die})
    connection = dial(listener)
    with pytest.raises(control.PeerError, match=r"closed|gone"):
        connection.ask("die", 5)
    serving.join(5)


def test_a_server_that_is_silent(listener):
    Serving(listener, {"sleep": lambda: time.sleep(2)})
    connection = dial(listener)
    with pytest.raises(control.PeerError, match=r"did not answer within 0\.3 s"):
        connection.ask("sleep", 0.3)


def test_a_client_that_dies(listener):
    serving = Serving(listener)
    dial(listener).close()
    serving.join(5)
    assert "closed" in serving.error or "gone" in serving.error


def test_a_client_that_idles(listener):
    serving = Serving(listener, idle=0.3)
    connection = dial(listener)
    serving.join(5)
    assert "did not answer within 0.3 s" in serving.error
    connection.close()


@pytest.mark.parametrize("line", [b"not json\n", b"[1]\n", b"x" * (5 << 20)])
def test_what_is_not_the_protocol(listener, line):
    near, far = socket.socketpair()

    def speak():
        with contextlib.suppress(OSError):
            far.sendall(line)

    threading.Thread(target=speak, daemon=True).start()
    with pytest.raises(control.PeerError, match=r"JSON|object|without an end"):
        control.Connection(near, "host-2").receive(5)
    near.close()
    far.close()


def test_no_address_of_this_host():
    with pytest.raises(control.PeerError, match=r"cannot listen: 192\.0\.2\.1"):
        control.Listener(["192.0.2.1"], 0)
