"""Faults of the APIs as the controller sees them, for tests: `scripts/lab cloud fault …`.

While there are faults haproxy sends the public endpoints' requests through the fault proxy; what
services say to each other never passes it.
"""

import json
import re
import socket
import sys
from pathlib import Path
from typing import Any

from lab.cloud import infra
from lab.cloud.daemon import Daemon, end
from lab.cloud.settings import PORTS, Settings
from lab.cloud.tls import FAULT_OFFSET
from lab.errors import LabError
from lab.paths import CHECKOUT

KINDS = ("drop", "lose", "delay")


def rules_file(settings: Settings) -> Path:
    return settings.home / "faults.json"


def log_file(settings: Settings) -> Path:
    return settings.paths.logs / "cloud" / "requests.log"


def daemon(settings: Settings) -> Daemon:
    words = [json.dumps(PORTS), str(FAULT_OFFSET), str(rules_file(settings))]
    argv = [sys.executable, "-m", "lab.cloud.proxy", *words, str(log_file(settings))]
    return Daemon(settings.paths, "faults", argv, {"PYTHONPATH": str(CHECKOUT)})


def rule(
    service: str,
    fault: str,
    method: str = "*",
    path: str = "",
    times: int = 1,
    after: int = 0,
    seconds: float = 0,
) -> dict[str, Any]:
    """One fault: a status to answer with, `drop` (not passed on), `lose` (done, but the answer is

    lost) or `delay`. It befalls *times* requests (-1: all) that match, after the first *after*.
    """  # fmt: skip
    if service != "*" and service not in PORTS:
        raise LabError(f"unknown service {service!r}: use one of {', '.join(PORTS)}, or *")
    if fault not in KINDS and not re.fullmatch("[45][0-9][0-9]", fault):
        raise LabError(f"fault {fault!r}: use a status from 400 to 599, {', '.join(KINDS)}")
    try:
        re.compile(path)
    except re.error as wrong:
        raise LabError(f"path {path!r} is no regular expression: {wrong}") from wrong
    return {
        "service": service, "fault": int(fault) if fault.isdecimal() else fault, "method": method,
        "path": path, "times": times, "after": after, "seconds": seconds,
    }  # fmt: skip


def known(settings: Settings) -> list[dict[str, Any]]:
    """As they were asked for; how many times each still befalls is the proxy's."""
    try:
        found: list[dict[str, Any]] = json.loads(rules_file(settings).read_text())
    except (OSError, ValueError):
        found = []
    return found


def add(settings: Settings, wanted: dict[str, Any]) -> None:
    """One more fault; counting begins anew for all."""
    watch(settings, [*known(settings), wanted])


def watch(settings: Settings, rules: list[dict[str, Any]]) -> None:
    """Requests pass the proxy, which notes them and acts by the rules."""
    path = rules_file(settings)
    half = path.with_name(f".{path.name}")
    half.write_text(json.dumps(rules, indent=1) + "\n")
    half.rename(path)
    proxy = daemon(settings)
    if proxy.start():
        log_file(settings).unlink(missing_ok=True)
        infra.wait(proxy, lambda: infra.listens(settings, PORTS["keystone"] + FAULT_OFFSET))
    for name in PORTS:
        command(settings, f"enable server public-{name}/faults")
        command(settings, f"disable server public-{name}/direct")


def clear(settings: Settings) -> None:
    """No faults any more, and no proxy."""
    for name in PORTS:
        command(settings, f"enable server public-{name}/direct")
        command(settings, f"disable server public-{name}/faults")
    end([daemon(settings)])
    rules_file(settings).unlink(missing_ok=True)


def command(settings: Settings, text: str) -> str:
    """Ask haproxy; its answer, empty for done."""
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(str(settings.run / "haproxy.sock"))
            link.sendall(f"{text}\n".encode())
            answer = link.makefile().read().strip()
        except OSError as error:
            raise LabError("the cloud does not run; start it: scripts/lab cloud up") from error
    if answer:
        raise LabError(f"haproxy: {text}: {answer}")
    return answer
