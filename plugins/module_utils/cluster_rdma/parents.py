"""VFs that pods share: up, with the fabric's MTU, and allowed the addresses of pods.

A macvlan has a MAC address of its own. A NIC lets a VF whose address the host has set receive
for others only if it is trusted, and send as others only without its check of spoofing.
udev does it whenever a VF appears, also when VFs are made anew; no network manager need know it.
"""

from __future__ import annotations

import json
from typing import Any

from ..converge import Check, Plan, Step
from ..host_kernel.part import HEADER, file_step
from ..system import System
from .spec import Parent, RdmaSpec

#: After the rules that give the names.
RULES = "/etc/udev/rules.d/90-slipway-pods.rules"
_IFF_UP = 1


def commands(name: str, parent: Parent) -> list[list[str]]:
    """What brings a VF there."""
    vf = ["ip", "link", "set", "dev", parent.port, "vf", str(parent.vf)]
    return [
        [*vf, "trust", "on"], [*vf, "spoofchk", "off"],
        ["ip", "link", "set", "dev", name, "mtu", str(parent.mtu), "up"],
    ]  # fmt: skip


def wanted(parent: Parent) -> dict[str, Any]:
    return {"up": True, "mtu": parent.mtu, "trust": True, "spoofchk": False}


class Parents:
    name = "parents"

    def __init__(self, system: System, spec: RdmaSpec) -> None:
        self.system, self.spec = system, spec

    def text(self) -> str | None:
        """udev's rules; None without a VF."""
        lines = []
        for name, parent in sorted(self.spec.parents.items()):
            runs = [f'RUN+="/usr/sbin/{" ".join(argv)}"' for argv in commands(name, parent)]
            match = f'ACTION=="add|move", SUBSYSTEM=="net", NAME=="{name}"'
            lines.append(", ".join([match, *runs]) + "\n")
        return HEADER + "".join(lines) if lines else None

    def observe(self) -> dict[str, Any]:
        return {
            "rules": self.system.read(RULES),
            "interfaces": {name: self._state(name) for name in self.spec.parents},
        }

    def _state(self, name: str) -> dict[str, Any] | None:
        """{up, mtu, trust, spoofchk}; None where there is no such interface."""
        place, parent = f"/sys/class/net/{name}", self.spec.parents[name]
        flags, mtu = self.system.read(f"{place}/flags"), self.system.read(f"{place}/mtu")
        if flags is None or mtu is None:
            return None
        shown = self.system.run("ip", "-json", "link", "show", "dev", parent.port, check=False)
        ports = json.loads(shown.stdout or "[]") if shown.status == 0 else []
        known = [vf for port in ports for vf in port.get("vfinfo_list", ())]
        own: dict[str, Any] = next((vf for vf in known if vf.get("vf") == parent.vf), {})
        return {
            "up": bool(int(flags, 16) & _IFF_UP), "mtu": int(mtu),
            "trust": own.get("trust"), "spoofchk": own.get("spoofchk"),
        }  # fmt: skip

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        step = file_step(
            self.system, "udev:pods", "whenever a VF appears", RULES, self.text(), seen["rules"]
        )
        if step:
            plan.steps.append(step)
        for name, parent in self.spec.parents.items():
            now = seen["interfaces"][name]
            if now is None:
                plan.warnings.append(f"there is no VF {name}: no pod gets RDMA by it")
            elif now != wanted(parent):
                plan.steps.append(self._set(name, parent, now))

    def _set(self, name: str, parent: Parent, now: dict[str, Any]) -> Step:
        def do() -> None:
            for argv in commands(name, parent):
                self.system.run(*argv)

        def proof() -> str | None:
            state = self._state(name)
            return None if state == wanted(parent) else f"{name} is {_words(state or {})}"

        return Step(
            f"interface:{name}", "pods share it", do, proof,
            before=_words(now), after=_words(wanted(parent)),
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check(f"VF {name} for pods", seen["interfaces"][name] == wanted(parent),
                  wanted(parent), seen["interfaces"][name], step=f"interface:{name}",
                  look=f"ip link show {name}; ip link show {parent.port}")
            for name, parent in self.spec.parents.items()
        ]  # fmt: skip


def _words(state: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in state.items())
