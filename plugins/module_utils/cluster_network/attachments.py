"""Fabrics as second interfaces of pods: CNI's files, the program that guards them, Multus last.

docs/clusters.md, Second interfaces.
"""

from __future__ import annotations

import inspect
import ipaddress
import json
import os
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..host_kernel.part import HEADER, file_step
from ..system import System
from . import fabric_program, paths
from .spec import NetworkSpec

#: -I -S: nothing but the standard library, and a start that pods do not wait for
SHEBANG = "#!/usr/bin/python3 -IS\n"
_UNIT = f"""\
[Unit]
Description=The Node's word on its fabrics
After=network.target
ConditionPathExists=/etc/kubernetes/kubelet.conf

[Service]
ExecStart={paths.PROGRAM} watch
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
"""


class Attachments:
    """What pods' second interfaces need on a node; nothing of it without Multus."""

    name = "attachments"

    def __init__(self, system: System, spec: NetworkSpec) -> None:
        self.system, self.spec = system, spec

    def files(self) -> dict[str, str | None]:
        """{path: text} in the order of writing; Multus, which opens the door, last."""
        fabrics = self.spec.fabrics
        if not self.spec.multus:
            return dict.fromkeys((paths.MULTUS, paths.UNIT, paths.FABRICS, paths.PROGRAM))
        interfaces = {name: fabric.interface for name, fabric in fabrics.items()}
        return {
            paths.PROGRAM: SHEBANG + inspect.getsource(fabric_program),
            paths.FABRICS: _json({"node": self.spec.node, "fabrics": interfaces}),
            paths.UNIT: HEADER + _UNIT,
            **{attachment(name): _json(self.chain(name)) for name in fabrics},
            paths.MULTUS: _json(self.multus()),
        }

    def chain(self, name: str) -> dict[str, Any]:
        """CNI's list of plugins for fabric *name*: the guard, then the interface."""
        fabric = self.spec.fabrics[name]
        guard = {
            "type": "slipway-fabric", "fabric": name, "interface": fabric.interface,
            "node": self.spec.node,
        }  # fmt: skip
        addresses = {"subnet": fabric.subnet, "rangeStart": fabric.first, "rangeEnd": fabric.last}
        interface = {
            "type": fabric.kind, "master": fabric.interface, "mtu": fabric.mtu,
            "mode": "bridge" if fabric.kind == "macvlan" else "l2",
            "ipam": {"type": "host-local", "ranges": [[addresses]], "dataDir": paths.LEASES},
        }  # fmt: skip
        chained = [{"type": each} for each in fabric.plugins]
        return {"cniVersion": "1.0.0", "name": name, "plugins": [guard, interface, *chained]}

    def multus(self) -> dict[str, Any]:
        """kubelet's own credential: no further one, and renewed by itself.

        The primary network as a folder: of a file Multus 4.2.3 keeps no plugin's own keys for the
        time when the pod goes, and bridge then gives no address back.
        """
        return {
            "cniVersion": "1.0.0", "name": "slipway-multus", "type": "multus",
            "capabilities": {"portMappings": True},
            "kubeconfig": "/etc/kubernetes/kubelet.conf",
            "confDir": paths.ATTACHMENTS,
            "clusterNetwork": paths.PRIMARY,
            # else what it knows of a pod is gone with the first try, and an address with it
            "retryDeleteOnError": True,
        }  # fmt: skip

    def observe(self) -> dict[str, Any]:
        system = self.system
        shown = system.run(
            "systemctl", "show", "--property=ActiveState,UnitFileState,NeedDaemonReload",
            paths.SERVICE,
        ).stdout  # fmt: skip
        unit = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
        others = sorted(set(system.glob(attachment("*"))) - set(self.files()))
        return {
            "files": {path: system.read(path) for path in [*self.files(), *others]},
            "others": others,
            "executable": os.access(system.path(paths.PROGRAM), os.X_OK),
            "missing": self._missing(),
            "unit": unit,
            "outside": self._outside(),
        }  # fmt: skip

    def _missing(self) -> list[str]:
        if not self.spec.multus:
            return []
        chained = [each for fabric in self.spec.fabrics.values() for each in fabric.plugins]
        names = dict.fromkeys((*paths.PROGRAMS, *chained))
        return [name for name in names if not self.system.exists(f"/opt/cni/bin/{name}")]

    def _outside(self) -> dict[str, list[str]]:
        """Addresses of running pods that are not of the node's slice, by fabric."""
        found = {}
        for name, fabric in self.spec.fabrics.items():
            first, last = (ipaddress.ip_address(text) for text in (fabric.first, fabric.last))
            taken = []
            for path in self.system.glob(f"{paths.LEASES}/{name}/*"):
                try:
                    address = ipaddress.ip_address(path.rpartition("/")[2])
                except ValueError:
                    continue  # host-local's lock and its last address
                if address.version != first.version or not first <= address <= last:
                    taken.append(str(address))
            if taken:
                found[name] = sorted(taken)
        return found

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        for name, taken in seen["outside"].items():
            plan.refusals.append(
                Refusal(
                    "addresses-in-use",
                    f"fabric {name}: pods have {', '.join(taken)}, which the model now gives "
                    "to other nodes",
                    f"First: kubectl drain {self.spec.node}",
                )
            )
        if not self.spec.multus and seen["files"][paths.UNIT] is not None:
            plan.steps.append(self._stop())
        wrote = False
        for path, text in {**dict.fromkeys(seen["others"]), **self.files()}.items():
            step = self._file(path, text, seen)
            if step:
                plan.steps.append(step)
                wrote = wrote or path in (paths.PROGRAM, paths.FABRICS, paths.UNIT)
        if self.spec.multus and (wrote or not self._runs(seen["unit"])):
            plan.steps.append(self._start(seen["unit"]))

    def _file(self, path: str, text: str | None, seen: dict[str, Any]) -> Step | None:
        program = path == paths.PROGRAM and text is not None
        before = None if program and not seen["executable"] else seen["files"][path]
        name, why = f"file:{path.rpartition('/')[2]}", "pods' second interfaces"
        step = file_step(self.system, name, why, path, text, before)
        if step and path == paths.MULTUS and text is not None:
            step.do = lambda: self._open(text)
        if step and program:
            step.do = lambda: self.system.write_file(path, text or "", 0o755)
        return step

    def _open(self, text: str) -> None:
        # asked here: in check mode on a bare node the runtime's programs are not there yet
        missing = self._missing()
        if missing:
            raise RuntimeError(
                f"{', '.join(missing)}: not in /opt/cni/bin; pin them in artifacts_cluster "
                "(docs/clusters.md, Artifacts)"
            )
        self.system.write_file(paths.MULTUS, text)

    @staticmethod
    def _runs(unit: dict[str, str]) -> bool:
        return (
            unit.get("ActiveState") in ("active", "activating")
            and unit.get("UnitFileState") == "enabled"
            and unit.get("NeedDaemonReload") != "yes"
        )

    def _start(self, unit: dict[str, str]) -> Step:
        def do() -> None:
            self.system.run("systemctl", "daemon-reload")
            self.system.run("systemctl", "enable", paths.SERVICE)
            self.system.run("systemctl", "restart", paths.SERVICE)

        return Step(
            "service:slipway-fabrics", "says on the Node which fabrics are up", do,
            lambda: None if self._runs(self.observe()["unit"]) else "does not run",
            before=unit.get("ActiveState"), after="active", patience=10,
        )  # fmt: skip

    def _stop(self) -> Step:
        def do() -> None:
            self.system.run("systemctl", "disable", "--now", paths.SERVICE)
            # a Node that is no more, or an API server that is away, must not keep the host
            self.system.run(paths.PROGRAM, "clear", check=False)

        return Step(
            "service:slipway-fabrics:delete", "no fabric for pods", do,
            lambda: "still runs" if self.observe()["unit"].get("ActiveState") == "active" else None,
            before="active", after=None, patience=10,
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        if not self.spec.multus:
            return []
        wrong = [
            path for path, text in self.files().items()
            if seen["files"][path] != (text.rstrip() if text is not None else None)
        ]  # fmt: skip
        return [
            Check("programs of second interfaces", not seen["missing"], [], seen["missing"],
                  step="file:00-multus.conf", look="/opt/cni/bin"),
            Check("files of second interfaces", not wrong, [], wrong, step="file:",
                  look=paths.RUNTIME),
            Check("the Node hears of its fabrics", self._runs(seen["unit"]), "active",
                  seen["unit"].get("ActiveState"), step="service:slipway-fabrics",
                  look=f"journalctl -u {paths.SERVICE}"),
        ]  # fmt: skip


def attachment(name: str) -> str:
    """CNI's file of a fabric."""
    return f"{paths.ATTACHMENTS}/{name}.conflist"


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"
