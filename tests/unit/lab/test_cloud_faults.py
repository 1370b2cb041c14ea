"""The fault proxy in front of a small stand-in of an API."""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lab.cloud import faults, proxy
from lab.errors import LabError


class Echo(BaseHTTPRequestHandler):
    """Stand-in of a service: says what it was asked."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.path, body))
        self.send_response(201)
        self.send_header("X-Made", "yes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_):
        pass


@pytest.fixture
def service(tmp_path):
    """(ask, seen, rules file, log): a service behind the proxy."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rules, log = tmp_path / "rules.json", tmp_path / "requests.log"
    port = server.server_port
    front = proxy.serve({"nova": port}, -port, proxy.Rules(rules, log))[0]

    def ask(method="GET", path="/", body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", front.server_port, timeout=20)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    yield ask, server.seen, rules, log
    front.server_close()
    server.server_close()


def test_without_rules_all_passes_and_is_noted(service):
    ask, seen, _, log = service
    assert ask("POST", "/servers?x=1", b"body") == (201, b"body")
    assert seen == [("/servers?x=1", b"body")]
    noted = json.loads(log.read_text())
    assert (noted["method"], noted["path"], noted["status"]) == ("POST", "/servers?x=1", 201)


def test_a_body_in_chunks_passes(service):
    ask, seen, _, _ = service
    assert ask("POST", "/", iter([b"one ", b"two"]))[1] == b"one two"
    assert seen[0][1] == b"one two"


def test_a_status_befalls_as_often_as_was_said(service):
    ask, seen, rules, _ = service
    wanted = faults.rule("nova", "503", "POST", "^/servers", times=2, after=1)
    rules.write_text(json.dumps([wanted]))
    assert [ask("POST", "/servers")[0] for _ in range(4)] == [201, 503, 503, 201]
    assert [ask("GET", "/servers")[0], ask("POST", "/flavors")[0]] == [201, 201]
    assert len(seen) == 4


def test_a_lost_answer_was_work_done(service):
    ask, seen, rules, _ = service
    rules.write_text(json.dumps([faults.rule("*", "lose")]))
    with pytest.raises(http.client.RemoteDisconnected):
        ask("POST", "/servers", b"one")
    assert seen == [("/servers", b"one")]
    assert ask()[0] == 201


def test_a_dropped_request_reaches_nobody(service):
    ask, seen, rules, log = service
    rules.write_text(json.dumps([faults.rule("nova", "drop", times=-1)]))
    for _ in range(2):
        with pytest.raises(http.client.RemoteDisconnected):
            ask("POST", "/servers")
    assert not seen
    assert json.loads(log.read_text().splitlines()[-1])["fault"] == "drop"


def test_a_delay_passes_after_it(service):
    ask, seen, rules, _ = service
    rules.write_text(json.dumps([faults.rule("nova", "delay", seconds=0.01)]))
    assert ask()[0] == 201
    assert seen


def test_new_rules_hold_at_once(service):
    ask, _, rules, _ = service
    rules.write_text(json.dumps([faults.rule("nova", "500", times=-1)]))
    assert ask()[0] == 500
    rules.unlink()
    assert ask()[0] == 201


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cinder", "500"), "use one of keystone"),
        (("nova", "200"), "400 to 599"),
        (("nova", "503", "GET", "("), "regular expression"),
    ],
)
def test_a_wrong_rule_is_one_line(arguments, words):
    with pytest.raises(LabError, match=words):
        faults.rule(*arguments)
