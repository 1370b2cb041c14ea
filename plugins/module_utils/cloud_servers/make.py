"""Makes one server with its ports, or removes it."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ..cloud.api import Thing
from ..cloud.marks import Mark
from .api import Compute, ServerFailed, port_body
from .compare import own_ports, user_data, wrong_port
from .guest import fingerprint
from .spec import ServerSpec, SetSpec
from .takeover import Takeover

DELETING = 300.0  # seconds


class Maker:
    """*seen* of its methods: ids of networks, flavors and images by name."""

    def __init__(self, compute: Compute, mark: Mark) -> None:
        self.compute, self.mark = compute, mark
        self.takeover = Takeover(compute.cloud, compute.clock)
        self._turns: dict[str, threading.Lock] = {}

    def make(self, server: ServerSpec, old: Thing | None, seen: dict[str, Any]) -> None:
        """With the ports that can stay, so that addresses stay as well."""
        spec = server.set
        ids = self._ids(spec, seen)
        if old is not None:
            self.compute.delete_server(old["id"], DELETING)
        self.takeover.wait(ids["flavor"], spec.timeout, again=old is not None)
        known = {port["name"]: port for port in self.compute.ports(spec.project)}
        groups = self.groups_of(spec) if spec.security_groups else []
        ports: list[Thing] = []
        for place, port in enumerate(own_ports(server, known)):
            if port and wrong_port(server, place, port, "", seen):
                if not self.mark.on_tags(port) or port["device_id"]:
                    raise ServerFailed(
                        f"port {port['name']} is not the kit's, or of server {port['device_id']}: "
                        "remove it, or take another name for the set"
                    )
                self.compute.delete_port(port)
                port = None
            if port is None:
                body = port_body(spec.ports[place], seen["networks"], groups)
                port = self.compute.make_port(server, place, body)
            elif not self.mark.on_tags(port):  # a cut run made it, and did not come to its tag
                self.compute.tag_port(port)
            ports.append(port)
        data = user_data(server, ports)
        with self._turn(spec):
            self.compute.make_server(server, ports, ids, data, fingerprint(data))

    def _turn(self, spec: SetSpec) -> AbstractContextManager[Any]:
        """Of a strict policy one at a time: Nova may choose one host for two, and fail one."""
        if spec.policy not in ("anti-affinity", "affinity"):
            return nullcontext()
        return self._turns.setdefault(f"{spec.project}/{spec.group}", threading.Lock())

    def _ids(self, spec: SetSpec, seen: dict[str, Any]) -> dict[str, Any]:
        for kind, name in (("flavors", spec.flavor), ("images", spec.image)):
            if name not in seen[kind]:
                raise ServerFailed(
                    f"the cloud has no {kind[:-1]} {name}; playbooks/cloud.yml makes it"
                )
        for port in spec.ports:
            if port.network not in seen["networks"]:
                raise ServerFailed(
                    f"the cloud has no network {port.network}; playbooks/cloud.yml makes it"
                )
        groups = (
            {g["name"]: g["id"] for g in self.compute.groups(spec.project)} if spec.group else {}
        )
        return {
            "flavor": seen["flavors"][spec.flavor], "image": seen["images"][spec.image],
            "group": groups.get(spec.group),
        }  # fmt: skip

    def groups_of(self, spec: SetSpec) -> list[str]:
        known = self.compute.security_groups(spec.project)
        for name in spec.security_groups:
            if name not in known:
                raise ValueError(
                    f"set {spec.name}: project {spec.project} has no security group {name}"
                )
        return [known[name] for name in spec.security_groups]

    def delete(self, server: Thing) -> None:
        ports = self.compute.ports_of(server["id"])
        self.compute.delete_server(server["id"], DELETING)
        for port in ports:
            if self.mark.on_tags(port):
                self.compute.delete_port(port)
