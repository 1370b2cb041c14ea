"""Soft-RoCE links, and what others must know about them before they remove an interface."""

from __future__ import annotations

import json
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .devices import DEVICES, device_of, lower_ports, netdev_of, software
from .spec import HostRdmaSpec, RoceLink

#: names of the links that the kit made
RECORD = "/var/lib/slipway/rdma-links.json"
#: seconds until udev and the kernel have a new device in order
PATIENCE = 15.0


def rdma_links_on(system: System, netdev: str) -> list[str]:
    """Soft-RoCE devices on *netdev* or on an interface above it (a VLAN of a bond).

    They must be deleted before the interface: with one left the kernel waits for ever
    ("unregister_netdevice").
    """
    affected = {netdev, *_above(system, netdev)}
    return [
        device
        for device in system.list(DEVICES)
        if software(system, device) and netdev_of(system, device) in affected
    ]


def delete_links_steps(system: System, netdev: str) -> list[Step]:
    """Steps that go before the one that removes *netdev*; host_rdma makes the links again."""
    return [
        _delete(system, device, f"{netdev} goes away") for device in rdma_links_on(system, netdev)
    ]


def delete_link(system: System, device: str) -> None:
    """Delete a Soft-RoCE link; one that is gone is fine."""
    if system.exists(f"{DEVICES}/{device}"):
        system.run("rdma", "link", "delete", device)


def made_by_the_kit(system: System) -> list[str]:
    """The Soft-RoCE links that the kit made, those it deleted since left out."""
    try:
        return list(json.loads(system.read(RECORD) or "[]"))
    except ValueError:
        return []


def _record(system: System, devices: list[str]) -> None:
    system.write_file(RECORD, json.dumps(sorted(set(devices))) + "\n")


def _above(system: System, netdev: str) -> set[str]:
    names = [
        n[len("upper_") :] for n in system.list(f"/sys/class/net/{netdev}") if n[:6] == "upper_"
    ]
    return {name for upper in names for name in (upper, *_above(system, upper))}


def _delete(system: System, device: str, why: str) -> Step:
    def do() -> None:
        delete_link(system, device)
        _record(system, [d for d in made_by_the_kit(system) if d != device])

    return Step(
        f"rdma-link:{device}:delete",
        why,
        do,
        lambda: "is still there" if system.exists(f"{DEVICES}/{device}") else None,
        before=netdev_of(system, device),
        patience=PATIENCE,
    )


class Links:
    """Every link of the model has its device; links that the kit made and the model dropped go."""

    name = "links"

    def __init__(self, system: System, spec: HostRdmaSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        return {
            "devices": {
                device: {
                    "netdev": netdev_of(self.system, device),
                    "software": software(self.system, device),
                }
                for device in self.system.list(DEVICES)
            },
            "native": {
                link.netdev: device_of(self.system, link.netdev)
                for link in self.spec.roce_links
                if link.kind == "native"
            },
            "made": made_by_the_kit(self.system),
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        wanted = {link.device for link in self.spec.roce_links if link.kind == "rxe"}
        for device in seen["made"]:
            if device not in wanted and device in seen["devices"]:
                plan.steps.append(_delete(self.system, device, "the model no longer names it"))
        for link in self.spec.roce_links:
            if link.kind == "rxe":
                self._soft(link, seen, plan)
            elif seen["native"][link.netdev] is None:
                plan.steps.append(self._native(link))

    def _soft(self, link: RoceLink, seen: dict[str, Any], plan: Plan) -> None:
        have = seen["devices"].get(link.device)
        if have and have["netdev"] == link.netdev:
            return
        ours = {*seen["made"], *(x.device for x in self.spec.roce_links)}
        for device, facts in seen["devices"].items():
            if facts["software"] and facts["netdev"] == link.netdev and device not in ours:
                plan.refusals.append(
                    Refusal(
                        "rdma-link-taken",
                        f"{link.netdev} has the Soft-RoCE link {device}, which is not the kit's",
                        f"Delete it (rdma link delete {device}) or name it in the model",
                    )
                )
        if have and not have["software"]:
            plan.refusals.append(
                Refusal(
                    "rdma-link-name",
                    f"{link.device} is the name of a NIC's own RDMA device",
                    "Give the Soft-RoCE link another name",
                )
            )
            return
        if have:
            plan.steps.append(_delete(self.system, link.device, f"it belongs on {link.netdev}"))
        plan.steps.append(
            Step(
                f"rdma-link:{link.device}",
                f"Soft-RoCE on {link.netdev}",
                lambda: self._add(link),
                lambda: self._unlike(link),
                before=have["netdev"] if have else None,
                after=link.netdev,
                patience=PATIENCE,
            )
        )

    def _add(self, link: RoceLink) -> None:
        if not self.system.exists(f"/sys/class/net/{link.netdev}"):
            raise RuntimeError(f"the interface {link.netdev} is not there (host_datapath makes it)")
        # recorded first: a link that a cut leaves behind is then known to be the kit's
        _record(self.system, [*made_by_the_kit(self.system), link.device])
        arguments = ("type", "rxe", "netdev", link.netdev)
        self.system.run("rdma", "link", "add", link.device, *arguments)

    def _unlike(self, link: RoceLink) -> str | None:
        got = netdev_of(self.system, link.device)
        return None if got == link.netdev else f"{link.device} is on {got}, not on {link.netdev}"

    def _native(self, link: RoceLink) -> Step:
        def missing() -> str | None:
            if device_of(self.system, link.netdev):
                return None
            return (
                f"{link.netdev} has no RDMA device: RoCE switched off (devlink dev param show, "
                "enable_roce), or not an RDMA NIC"
            )

        return Step(
            f"rdma-device:{link.netdev}",
            "the NIC's own RDMA device",
            lambda: self._load_native(link),
            missing,
            after="present",
            patience=PATIENCE,
        )

    def _load_native(self, link: RoceLink) -> None:
        for port in lower_drivers(self.system, link.netdev):
            if port == "mlx5_core":
                self.system.run("modprobe", "mlx5_ib")

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        found = []
        for link in self.spec.roce_links:
            if link.kind == "rxe":
                got = (seen["devices"].get(link.device) or {}).get("netdev")
                ok, name = got == link.netdev, link.device
            else:
                got = seen["native"][link.netdev]
                ok, name = got is not None, f"native on {link.netdev}"
            found.append(
                Check(f"RDMA device {name}", ok, link.netdev, got, step=f"rdma-link:{name}",
                      look="rdma link show; systemctl status slipway-rdma")
            )  # fmt: skip
        return found


def lower_drivers(system: System, netdev: str) -> list[str]:
    """The drivers of the NICs below *netdev*."""
    names = {
        system.link_name(f"/sys/class/net/{p}/device/driver") for p in lower_ports(system, netdev)
    }
    return sorted(name for name in names if name)
