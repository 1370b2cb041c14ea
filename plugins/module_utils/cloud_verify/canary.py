"""A server with a VF port, from create to ACTIVE to delete, with its seconds."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from ..cloud.api import Cloud, Thing
from ..cloud.marks import Mark
from ..cloud_servers.api import Compute, ServerFailed, port_body
from ..cloud_servers.guest import cloud_config
from ..cloud_servers.spec import PortSpec, ServerSpec, SetSpec
from ..converge import Clock
from ..verify.findings import Findings
from .placement import direct_ports
from .spec import Canary

NAME = "slipway-canary"


class Flight:
    """One canary; what it leaves behind, or an earlier one left, is taken away."""

    def __init__(self, cloud: Cloud, mark: Mark, canary: Canary, clock: Clock) -> None:
        self.compute, self.canary, self.clock = Compute(cloud, mark, clock), canary, clock
        port = PortSpec(canary.network, True, canary.switchdev, None, (), "", 1500)
        name = f"{NAME}-{uuid.uuid4().hex[:6]}"
        self.server = ServerSpec(
            name, 0,
            SetSpec(name, canary.project, canary.flavor, canary.image, 1, (port,), "", (), (), 0,
                    "", canary.seconds),
        )  # fmt: skip

    def fly(self, into: Findings, hosts: Mapping[str, Mapping[str, int]], source: str) -> None:
        """Checks of what happened go to *into*."""
        self._sweep()
        started, look = self.clock.now(), "playbooks/cloud.yml; nova-scheduler's log"
        try:
            port = self._start()
            seconds = self.clock.now() - started
            into.check("canary: ACTIVE with a VF", True, "ACTIVE", f"ACTIVE after {seconds:.1f} s",
                       source=source, step="cloud:canary")  # fmt: skip
            into.facts["canary"] = {"active_seconds": round(seconds, 1)}
            self._bound(port, into, source)
        except RuntimeError as error:
            into.check("canary: ACTIVE with a VF", False, "ACTIVE", self._said(error, hosts),
                       source=source, step="cloud:canary", look=look)  # fmt: skip
        started = self.clock.now()
        try:
            left = self._sweep()
            seconds = self.clock.now() - started
            into.check("canary: deleted", True, "gone", f"{left} gone after {seconds:.1f} s",
                       source=source, step="cloud:canary")  # fmt: skip
        except RuntimeError as error:
            look = f"openstack server list --all-projects --name {NAME}"
            into.check("canary: deleted", False, "gone", str(error), source=source,
                       step="cloud:canary", look=look)  # fmt: skip

    def _start(self) -> Thing:
        compute, spec = self.compute, self.canary
        wanted = (("compute", "flavors", spec.flavor), ("image", "images", spec.image),
                  ("network", "networks", spec.network))  # fmt: skip
        ids = {kind: compute.named(service, f"/{kind}", kind) for service, kind, _ in wanted}
        for _, kind, name in wanted:
            if name not in ids[kind]:
                raise ServerFailed(f"the cloud has no {kind[:-1]} {name}")
        networks = {name: each["id"] for name, each in ids["networks"].items()}
        port = compute.make_port(self.server, 0, port_body(self.server.set.ports[0], networks, []))
        made = {
            "flavor": ids["flavors"][spec.flavor]["id"], "image": ids["images"][spec.image]["id"],
            "group": None,
        }  # fmt: skip
        compute.make_server(self.server, [port], made, cloud_config((), ()), NAME)
        return dict(compute.cloud.call("network", "GET", f"/ports/{port['id']}")["port"])

    def _bound(self, port: Thing, into: Findings, source: str) -> None:
        wanted = "ovs" if self.canary.switchdev else "hw_veb"
        slot = (port.get("binding:profile") or {}).get("pci_slot", "no VF")
        got = f"{port['binding:vif_type']} on {port['binding:host_id']}, {slot}"
        into.check(
            "canary: port bound" + (" as offloaded" if self.canary.switchdev else ""),
            port["binding:vif_type"] == wanted and slot != "no VF",
            f"{wanted}, with a VF", got, source=source, step="cloud:canary",
            look="ml2's mechanism drivers; the agent of that host; [pci] device_spec",
        )  # fmt: skip

    def _said(self, error: RuntimeError, hosts: Mapping[str, Mapping[str, int]]) -> str:
        """The scheduler's line, and how many VFs are in use where that is why."""
        if "No valid host" not in str(error):
            return str(error)
        ports = direct_ports(self.compute.cloud)
        used = sum(bool((p.get("binding:profile") or {}).get("pci_slot")) for p in ports)
        total = sum(sum(wires.values()) for wires in hosts.values())
        return f"{error}. VFs in use: {used} of {total}"

    def _sweep(self) -> int:
        """Servers and ports of canaries; how many."""
        mine = [s for s in self.compute.marked() if s["name"].startswith(NAME)]
        for server in mine:
            self.compute.delete_server(server["id"], self.canary.seconds)
        ports = [
            p for p in self.compute.ports(self.canary.project)
            if p["name"].startswith(NAME) and not p["device_id"]
        ]  # fmt: skip
        for port in ports:
            self.compute.delete_port(port)
        return len(mine) + len(ports)
