"""The fault proxy: between haproxy and the APIs, it answers, drops or delays chosen requests.

`python -m lab.cloud.proxy PORTS RULES LOG`: listens beside each port of PORTS, reads the rules
whenever their file changes, and notes each request in LOG, one JSON object a line.
"""

import http.client
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
ERROR = {"error": {"message": "injected by the lab's fault proxy", "title": "injected"}}


class Rules:
    """What is to go wrong, and how often it still has to."""

    def __init__(self, path: Path, log: Path) -> None:
        self.path = path
        self.log = log
        self.lock = threading.Lock()
        self.stamp = 0
        self.rules: list[dict[str, Any]] = []

    def hit(self, service: str, method: str, path: str) -> dict[str, Any] | None:
        """The first rule that the request fulfils; it is counted."""
        with self.lock:
            try:
                stamp = self.path.stat().st_mtime_ns
                if stamp != self.stamp:
                    self.rules, self.stamp = json.loads(self.path.read_text()), stamp
            except (OSError, ValueError):
                return None
            for rule in self.rules:
                if not self.fits(rule, service, method, path):
                    continue
                if rule.get("after", 0) > 0:
                    rule["after"] -= 1
                    continue
                if rule["times"] == 0:
                    continue
                rule["times"] -= 1  # -1: without end
                return rule
        return None

    @staticmethod
    def fits(rule: dict[str, Any], service: str, method: str, path: str) -> bool:
        return (
            rule["service"] in (service, "*")
            and rule["method"] in (method, "*")
            and re.search(rule["path"], path) is not None
        )

    def note(self, **what: Any) -> None:
        with self.lock, self.log.open("a") as log:
            log.write(json.dumps({"time": round(time.time(), 3), **what}) + "\n")


class Handler(BaseHTTPRequestHandler):
    """One request, which the service gets unless a rule says otherwise."""

    protocol_version = "HTTP/1.1"
    service = ""
    port = 0
    rules: Rules

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = self.chunks()
        rule = self.rules.hit(self.service, self.command, self.path)
        fault = rule["fault"] if rule else None
        noted = {"service": self.service, "method": self.command, "path": self.path, "fault": fault}
        self.close_connection = True
        if rule and fault == "delay":
            time.sleep(rule["seconds"])
        elif fault == "drop":
            self.rules.note(**noted, status=None)
            return
        elif isinstance(fault, int):
            self.rules.note(**noted, status=fault)
            self.answer(fault, [("Content-Type", "application/json")], json.dumps(ERROR).encode())
            return
        status, headers, content = self.forward(body)
        self.rules.note(**noted, status=status)
        if fault != "lose":  # done, and the answer is lost
            self.answer(status, headers, content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_one

    def chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """The service's status, headers and content; 503 if it is away, as haproxy says."""
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=600)
        try:
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, http.client.HTTPException):
            return 503, [], b""
        finally:
            connection.close()

    def answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP:
                self.send_header(name, value)
        length = next((v for k, v in headers if k.lower() == "content-length"), len(content))
        self.send_header("Content-Length", str(length if self.command == "HEAD" else len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Its own log says it."""


def serve(ports: dict[str, int], offset: int, rules: Rules) -> list[ThreadingHTTPServer]:
    """A server for each service, *offset* beside its port."""
    servers = []
    for service, port in ports.items():
        kind = type("Of", (Handler,), {"service": service, "port": port, "rules": rules})
        server = ThreadingHTTPServer((LOOPBACK, port + offset), kind)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    return servers


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]), int(sys.argv[2]), Rules(Path(sys.argv[3]), Path(sys.argv[4])))
    threading.Event().wait()
