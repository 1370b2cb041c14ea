"""A node's pod networks as a subject of converge: the plain bridge, and second interfaces.

The bridge is for small clusters whose nodes share a network: each node has a route for each
other one.
"""

from __future__ import annotations

import json
from typing import Any

from ..converge import Check, Plan, Step
from ..host_kernel.part import HEADER, Parts, file_step
from ..system import System
from .attachments import Attachments
from .outside import Outside
from .paths import CONFLIST
from .spec import NetworkSpec

BATCH = "/etc/slipway/pod-routes"
SERVICE = "slipway-pod-routes.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
#: By which the kit's routes are known among others (its own; names are in iproute2's files).
PROTOCOL = "83"
# the interface may come after the unit: it tries again
_UNIT = f"""\
[Unit]
Description=Routes to other nodes' pods
After=network.target
ConditionPathExists={BATCH}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip -batch {BATCH}
Restart=on-failure
RestartSec=2

[Install]
WantedBy=multi-user.target
"""


class ClusterNetwork(Parts):
    """Pods on a bridge of the node, routes, the way out, then second interfaces."""

    name = "cluster_network"

    def __init__(self, system: System, spec: NetworkSpec) -> None:
        self.system = system
        self.parts = (
            Bridge(system, spec), Routes(system, spec), Outside(system, spec),
            Attachments(system, spec),
        )  # fmt: skip


class Bridge:
    """CNI's list of plugins; kubelet takes a changed one for the next pod."""

    name = "bridge"

    def __init__(self, system: System, spec: NetworkSpec) -> None:
        self.system, self.spec = system, spec

    def text(self) -> str | None:
        """None: the primary network is another's."""
        if not self.spec.pod_subnet:
            return None
        ipam = {
            "type": "host-local",
            "ranges": [[{"subnet": self.spec.pod_subnet}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        bridge = {
            "type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": False,
            "hairpinMode": True, "mtu": self.spec.mtu, "ipam": ipam,
        }  # fmt: skip
        ports = {"type": "portmap", "capabilities": {"portMappings": True}}
        found = {"cniVersion": "1.0.0", "name": "slipway", "plugins": [bridge, ports]}
        return json.dumps(found, indent=1, sort_keys=True) + "\n"

    def observe(self) -> dict[str, Any]:
        return {"file": self.system.read(CONFLIST)}

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        step = file_step(
            self.system, "cni:bridge", "pods of this node", CONFLIST, self.text(), seen["file"]
        )
        if step:
            plan.steps.append(step)

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        text = self.text()
        same = seen["file"] == (text and text.rstrip())
        return [
            Check("CNI's configuration", same, "as written", "as written" if same else "else",
                  step="cni:bridge", look=CONFLIST)
        ]  # fmt: skip


class Routes:
    """Now and at every boot; routes of nodes that left go."""

    name = "routes"

    def __init__(self, system: System, spec: NetworkSpec) -> None:
        self.system, self.spec = system, spec

    def files(self) -> dict[str, str | None]:
        lines = [
            f"route replace {to} via {via} proto {PROTOCOL}\n"
            for to, via in sorted(self.spec.routes.items())
        ]
        if not lines:
            return {BATCH: None, UNIT: None}
        return {BATCH: "".join(lines), UNIT: HEADER + _UNIT}

    def observe(self) -> dict[str, Any]:
        enabled = self.system.run("systemctl", "is-enabled", SERVICE, check=False)
        return {
            "files": {path: self.system.read(path) for path in self.files()},
            "routes": self._routes(),
            "enabled": enabled.stdout.strip() == "enabled",
        }

    def _routes(self) -> dict[str, str]:
        shown = self.system.run("ip", "-json", "route", "show", "proto", PROTOCOL, check=False)
        return {
            route["dst"]: route.get("gateway", "") for route in json.loads(shown.stdout or "[]")
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        for path, text in self.files().items():
            name = f"file:{path.rpartition('/')[2]}"
            step = file_step(self.system, name, "at every boot", path, text, seen["files"][path])
            if step:
                plan.steps.append(step)
        wanted, there = dict(self.spec.routes), seen["routes"]
        if there != wanted:
            plan.steps.append(self._change(wanted, there))
        if wanted and not seen["enabled"]:
            plan.steps.append(
                Step("enable:pod-routes", "at every boot", self._enable,
                     lambda: None if self.observe()["enabled"] else "is not enabled",
                     before="not enabled", after="enabled")
            )  # fmt: skip

    def _enable(self) -> None:
        self.system.run("systemctl", "daemon-reload")
        self.system.run("systemctl", "enable", SERVICE)

    def _change(self, wanted: dict[str, str], there: dict[str, str]) -> Step:
        """All routes that differ at once: their number must not be felt by a node that joins."""
        new = {to: via for to, via in wanted.items() if there.get(to) != via}
        gone = sorted(there.keys() - wanted.keys())
        lines = [f"route del {to} proto {PROTOCOL}\n" for to in gone]
        lines += [f"route replace {to} via {via} proto {PROTOCOL}\n" for to, via in new.items()]
        return Step(
            "routes", "pods of other nodes, as the model has them",
            lambda: self.system.run("ip", "-batch", "-", stdin="".join(lines)),
            lambda: self._unlike(wanted),
            before={to: there[to] for to in there if to in new or to in gone}, after=new,
        )  # fmt: skip

    def _unlike(self, wanted: dict[str, str]) -> str | None:
        """The first route that is not as wanted."""
        there = self._routes()
        wrong = sorted(to for to in {*wanted, *there} if wanted.get(to) != there.get(to))
        return f"{wrong[0]} goes by {there.get(wrong[0])}" if wrong else None

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check(f"route to pods of {via}", seen["routes"].get(to) == via, via,
                  seen["routes"].get(to), step="routes", look=f"ip route get {to}")
            for to, via in self.spec.routes.items()
        ]  # fmt: skip
