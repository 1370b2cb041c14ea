"""What new connections of a device take by default: RoCE version and traffic class."""

from __future__ import annotations

import os
from typing import Any

from ..converge import Check, Plan, Step
from ..system import System
from .devices import TYPES, carrier, device_of, gid_of, gids
from .links import soft_links
from .spec import HostRdmaSpec, RoceLink

CONFIGFS = "/sys/kernel/config/rdma_cm"


class Roce:
    """rdma_cm's settings in configfs; the GID index is looked up, never written down."""

    name = "roce"

    def __init__(self, system: System, spec: HostRdmaSpec) -> None:
        self.system, self.spec = system, spec

    def device(self, link: RoceLink) -> str | None:
        if link.kind == "native":
            return device_of(self.system, link.netdev)
        return soft_links(self.system, self.spec)[carrier(self.system, link.netdev)]

    def observe(self) -> dict[str, Any]:
        return {link.netdev: self._facts(link) for link in self.spec.roce_links}

    def _facts(self, link: RoceLink) -> dict[str, Any]:
        device = self.device(link)
        port = f"{CONFIGFS}/{device}/ports/1"
        gid = (
            gid_of(gids(self.system, device), link.netdev, self.spec.roce_version)
            if device
            else None
        )
        return {
            "device": device,
            "mode": self.system.read(f"{port}/default_roce_mode") if device else None,
            "tos": self.system.read(f"{port}/default_roce_tos") if device else None,
            "gid_index": gid["index"] if gid else None,
            "gid": gid["gid"] if gid else None,
            "address": gid["address"] if gid else None,
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        steps = {step.name for step in plan.steps}
        mode, tos = TYPES[self.spec.roce_version], str(self.spec.traffic_class)
        for link in self.spec.roce_links:
            facts = seen[link.netdev]
            # a new device has the kernel's own defaults
            fresh = {f"rdma-link:{facts['device']}", f"rdma-device:{link.netdev}"} & steps
            if not fresh and (facts["mode"], facts["tos"]) == (mode, tos):
                continue
            plan.steps.append(
                Step(
                    f"roce:{link.netdev}",
                    "RoCE version and traffic class of new connections",
                    lambda x=link: self._set(x),
                    lambda x=link: self._unlike(x),
                    before=f"{facts['mode']}, traffic class {facts['tos']}",
                    after=f"{mode}, traffic class {tos}",
                )
            )

    def _set(self, link: RoceLink) -> None:
        if not self.system.exists(CONFIGFS):
            self.system.run("modprobe", "-a", "configfs", "rdma_cm")
        if not self.system.exists(CONFIGFS):
            raise RuntimeError(
                f"{CONFIGFS} is missing: configfs not mounted, or rdma_cm without it"
            )
        folder = f"{CONFIGFS}/{self.device(link)}"
        # making the folder asks rdma_cm for the device's settings
        os.makedirs(self.system.path(folder), exist_ok=True)
        self.system.write_attribute(
            f"{folder}/ports/1/default_roce_mode", TYPES[self.spec.roce_version]
        )
        self.system.write_attribute(
            f"{folder}/ports/1/default_roce_tos", str(self.spec.traffic_class)
        )

    def _unlike(self, link: RoceLink) -> str | None:
        facts = self._facts(link)
        got = (facts["mode"], facts["tos"])
        want = (TYPES[self.spec.roce_version], str(self.spec.traffic_class))
        return None if got == want else f"{facts['device']} has {got}, not {want}"

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        found = []
        for link in self.spec.roce_links:
            facts = seen[link.netdev]
            mode, tos = TYPES[self.spec.roce_version], str(self.spec.traffic_class)
            found += [
                Check(f"RoCE version on {link.netdev}", facts["mode"] == mode, mode, facts["mode"],
                      step=f"roce:{link.netdev}", look=f"{CONFIGFS}/{facts['device']}"),
                Check(f"traffic class on {link.netdev}", facts["tos"] == tos, tos, facts["tos"],
                      step=f"roce:{link.netdev}",
                      look=f"{CONFIGFS}/{facts['device']}"),
                Check(f"GID of {link.netdev}", facts["gid_index"] is not None,
                      f"a {mode} GID of an IPv4 address", facts["gid"], step=f"roce:{link.netdev}",
                      look=f"ip address show dev {link.netdev}; show_gids or ibv_devinfo -v"),
            ]  # fmt: skip
        return found
