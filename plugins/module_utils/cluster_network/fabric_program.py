"""A node's word on its fabrics: a CNI plugin that lets no pod in, and the Node's label.

Installed whole as ``/opt/cni/bin/slipway-fabric``: Python's standard library, no other file.
Called by CNI (https://www.cni.dev/docs/spec, 1.0.0) it is the first plugin of a fabric's chain.
``slipway-fabric watch`` keeps a label and a condition of the Node with kubelet's own credential;
``clear`` takes them away.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

#: ``{"node": …, "fabrics": {name: interface}}``
CONFIG = "/etc/slipway/fabrics.json"
#: Of labels and conditions: the same in every site, as federated pods take their selectors along.
PREFIX = "fabric.slipway/"
KUBECONFIG = "/etc/kubernetes/kubelet.conf"
CA = "/etc/kubernetes/pki/ca.crt"
#: With its key; kubelet renews it.
CERTIFICATE = "/var/lib/kubelet/pki/kubelet-client-current.pem"
VERSIONS = ("0.4.0", "1.0.0", "1.1.0")
#: CNI's code for "try again later".
LATER = 11
#: Seconds: between two looks, until a fabric that came back counts, until the Node is asked again.
LOOK, SETTLE, ASK = 1, 5, 60

#: Reason and words; None: the interface carries packets.
Fault = tuple[str, str] | None


def fault(interface: str, net: str = "/sys/class/net") -> Fault:
    """Why *interface* carries no packets."""
    place = os.path.join(net, interface)
    if not os.path.isdir(place):
        return "InterfaceMissing", f"there is no interface {interface}"
    if not int(_read(place, "flags") or "0", 16) & 1:
        return "InterfaceDown", f"interface {interface} is down"
    if _read(place, "carrier") != "1":
        return "NoCarrier", f"interface {interface} has no carrier"
    return None


def _read(place: str, name: str) -> str:
    try:
        with open(os.path.join(place, name), encoding="ascii") as handle:
            return handle.read().strip()
    except OSError:
        return ""


def sentence(fabric: str, node: str, found: tuple[str, str]) -> str:
    """For a pod's event and a Node's condition."""
    return f"fabric {fabric} is down on node {node}: {found[1]}"


def plugin(command: str, stdin: str, out: TextIO, look: Callable[[str], Fault] = fault) -> int:
    """CNI's *command* (CNI_COMMAND); the exit status."""
    if command == "VERSION":
        json.dump({"cniVersion": "1.0.0", "supportedVersions": VERSIONS}, out)
        return 0
    config = json.loads(stdin)
    version = config.get("cniVersion", "1.0.0")
    if command not in ("ADD", "STATUS"):
        return 0  # nothing is made here, so nothing is to be taken away
    found = look(config["interface"])
    if found:
        words = sentence(config["fabric"], config["node"], found)
        json.dump({"cniVersion": version, "code": LATER, "msg": words}, out)
        return 1
    if command == "ADD":
        json.dump(config.get("prevResult") or {"cniVersion": version}, out)
    return 0


def patch(node: Mapping[str, Any], faults: Mapping[str, Fault], now: str) -> dict[str, Any]:
    """What is to be changed of a Node (as the API gives it); empty where nothing is.

    faults  of each fabric of this node; labels and conditions of others go.
    now     RFC 3339.
    """
    name = node["metadata"]["name"]
    wanted: dict[str, Any] = {
        PREFIX + fabric: "down" if found else "up" for fabric, found in faults.items()
    }
    have = node["metadata"].get("labels") or {}
    labels = {key: None for key in have if key.startswith(PREFIX) and key not in wanted}
    labels |= {key: value for key, value in wanted.items() if have.get(key) != value}
    known = {each["type"]: each for each in node.get("status", {}).get("conditions") or ()}
    conditions: list[dict[str, Any]] = [
        {"$patch": "delete", "type": kind}
        for kind in known
        if kind.startswith(PREFIX) and kind not in wanted
    ]
    for fabric, found in faults.items():
        kind = PREFIX + fabric
        words = sentence(fabric, name, found) if found else f"fabric {fabric} is up"
        condition = {
            "type": kind, "status": "False" if found else "True",
            "reason": found[0] if found else "Up", "message": words,
        }  # fmt: skip
        before = known.get(kind, {})
        if any(before.get(key) != value for key, value in condition.items()):
            turned = before.get("status") != condition["status"]
            since = now if turned else before.get("lastTransitionTime", now)
            conditions.append({**condition, "lastTransitionTime": since, "lastHeartbeatTime": now})
    found_patch: dict[str, Any] = {}
    if labels:
        found_patch["metadata"] = {"labels": labels}
    if conditions:
        found_patch["status"] = {"conditions": conditions}
    return found_patch


class Settled:
    """Faults as they count: one at once, its end only after a while."""

    def __init__(self, faults: Mapping[str, Fault], at: float) -> None:
        self.faults = dict(faults)
        self.good_since = dict.fromkeys(faults, at)

    def see(self, faults: Mapping[str, Fault], at: float) -> bool:
        """Whether anything changed."""
        before = dict(self.faults)
        for fabric, found in faults.items():
            if found:
                self.faults[fabric] = found
                self.good_since[fabric] = at
            elif at - self.good_since[fabric] >= SETTLE:
                self.faults[fabric] = None
        return self.faults != before


class Server:
    """The API server as kubelet reaches it, with kubelet's certificate of that moment."""

    def __init__(self, kubeconfig: str = KUBECONFIG) -> None:
        # here, as pods wait for the plugin, which needs none of it
        import ssl
        from http.client import HTTPSConnection
        from urllib.parse import urlsplit

        with open(kubeconfig, encoding="utf-8") as handle:
            found = re.search(r"^ *server: *(\S+) *$", handle.read(), re.M)
        if not found:
            raise ValueError(f"{kubeconfig} names no server")
        url = urlsplit(found[1])
        context = ssl.create_default_context(cafile=CA)
        context.load_cert_chain(CERTIFICATE)
        self.connection = HTTPSConnection(
            url.hostname or "", url.port or 443, timeout=10, context=context
        )

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """RuntimeError with the server's words where it refuses."""
        kind = "application/strategic-merge-patch+json"
        sent = None if body is None else json.dumps(body)
        self.connection.request(method, path, sent, {"Content-Type": kind} if sent else {})
        answer = self.connection.getresponse()
        found = json.loads(answer.read())
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {found.get('message', answer.status)}")
        return found


def tell(node: str, faults: Mapping[str, Fault]) -> str:
    """Bring the Node to what is so; what went wrong, else ""."""
    from http.client import HTTPException

    path = f"/api/v1/nodes/{node}"
    try:
        server = Server()
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        change = patch(server.ask("GET", path), faults, now)
        if change:
            # labels and conditions by one request, so that neither is there without the other
            server.ask("PATCH", f"{path}/status", change)
            for fabric, found in faults.items():
                print(sentence(fabric, node, found) if found else f"fabric {fabric} is up")
    except (OSError, ValueError, RuntimeError, HTTPException) as error:
        return str(error)
    return ""


def watch(config: Mapping[str, Any]) -> None:
    """For ever."""

    def look() -> dict[str, Fault]:
        return {fabric: fault(interface) for fabric, interface in config["fabrics"].items()}

    settled, asked, problem = Settled(look(), time.monotonic()), -1.0 * ASK, ""
    while True:
        at = time.monotonic()
        if settled.see(look(), at) or problem or at - asked >= ASK:
            asked, before, problem = at, problem, tell(config["node"], settled.faults)
            if problem and problem != before:
                print(problem, file=sys.stderr)
        sys.stdout.flush()
        time.sleep(5 if problem else LOOK)


def main(argv: list[str]) -> int:
    """0: done; 1: not, and says why; 2: called wrongly."""
    command = os.environ.get("CNI_COMMAND")
    if command:
        return plugin(command, sys.stdin.read(), sys.stdout)
    if argv not in (["watch"], ["clear"]):
        print("usage: slipway-fabric watch | clear", file=sys.stderr)
        return 2
    try:
        with open(CONFIG, encoding="utf-8") as handle:
            config = json.load(handle)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if argv == ["watch"]:
        watch(config)
    problem = tell(config["node"], {})
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
