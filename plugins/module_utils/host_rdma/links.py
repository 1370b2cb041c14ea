"""Soft-RoCE links, and what others must know about them before they remove an interface."""

from __future__ import annotations

import json
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .devices import DEVICES, carrier, device_of, lower_ports, netdev_of, software
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


def soft_links(system: System, spec: HostRdmaSpec) -> dict[str, str]:
    """{interface: device} to be: one link, under the first's name, for all VLANs above."""
    found: dict[str, str] = {}
    for link in spec.roce_links:
        if link.kind == "rxe":
            found.setdefault(carrier(system, link.netdev), link.device)
    return found


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
            "soft": soft_links(self.system, self.spec),
            "made": made_by_the_kit(self.system),
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        # all deletions first: an interface takes one link only
        wanted = {device: netdev for netdev, device in seen["soft"].items()}
        for device, facts in seen["devices"].items():
            if device in wanted and facts["software"] and facts["netdev"] != wanted[device]:
                plan.steps.append(_delete(self.system, device, f"it belongs on {wanted[device]}"))
            elif device in seen["made"] and device not in wanted:
                plan.steps.append(_delete(self.system, device, "the model no longer names it"))
        for netdev, device in seen["soft"].items():
            self._soft(netdev, device, seen, plan)
        for link in self.spec.roce_links:
            if link.kind == "native" and seen["native"][link.netdev] is None:
                plan.steps.append(self._native(link))

    def _soft(self, netdev: str, name: str, seen: dict[str, Any], plan: Plan) -> None:
        have = seen["devices"].get(name)
        if have and have["netdev"] == netdev:
            return
        ours = {*seen["made"], *seen["soft"].values()}
        for device, facts in seen["devices"].items():
            if facts["software"] and facts["netdev"] == netdev and device not in ours:
                plan.refusals.append(
                    Refusal(
                        "rdma-link-taken",
                        f"{netdev} has the Soft-RoCE link {device}, which is not the kit's",
                        f"Delete it (rdma link delete {device}) or name it in the model",
                    )
                )
        if have and not have["software"]:
            plan.refusals.append(
                Refusal(
                    "rdma-link-name",
                    f"{name} is the name of a NIC's own RDMA device",
                    "Give the Soft-RoCE link another name",
                )
            )
            return
        plan.steps.append(
            Step(
                f"rdma-link:{name}",
                f"Soft-RoCE on {netdev}",
                lambda: self._add(netdev, name),
                lambda: self._unlike(netdev, name),
                before=have["netdev"] if have else None,
                after=netdev,
                patience=PATIENCE,
            )
        )

    def _add(self, netdev: str, name: str) -> None:
        if not self.system.exists(f"/sys/class/net/{netdev}"):
            raise RuntimeError(f"the interface {netdev} is not there (host_datapath makes it)")
        # recorded first: a link that a cut leaves behind is then known to be the kit's
        _record(self.system, [*made_by_the_kit(self.system), name])
        arguments = ("type", "rxe", "netdev", netdev)
        self.system.run("rdma", "link", "add", name, *arguments)

    def _unlike(self, netdev: str, name: str) -> str | None:
        got = netdev_of(self.system, name)
        return None if got == netdev else f"{name} is on {got}, not on {netdev}"

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
        wanted = {
            name: (netdev, (seen["devices"].get(name) or {}).get("netdev"))
            for netdev, name in seen["soft"].items()
        }
        native = {f"of {netdev}": (True, bool(d)) for netdev, d in seen["native"].items()}
        return [
            Check(f"RDMA device {name}", got == want, want, got, step=f"rdma-link:{name}",
                  look="rdma link show; systemctl status slipway-rdma")
            for name, (want, got) in {**wanted, **native}.items()
        ]  # fmt: skip


def lower_drivers(system: System, netdev: str) -> list[str]:
    """The drivers of the NICs below *netdev*."""
    names = {
        system.link_name(f"/sys/class/net/{p}/device/driver") for p in lower_ports(system, netdev)
    }
    return sorted(name for name in names if name)
