"""Nova and Neutron as far as servers of the kit need them."""

from __future__ import annotations

import base64
import threading
from typing import Any

from ..cloud.api import Cloud, Thing
from ..cloud.errors import CloudError
from ..cloud.marks import Mark
from ..cloud.projects import Projects
from ..converge import Clock
from .spec import PortSpec, ServerSpec, SetSpec

#: In a server's metadata: which image and which user data it was made with.
IMAGE, GUEST = "slipway_image", "slipway_guest"


class ServerFailed(RuntimeError):
    """A server does not come to life, or does not go; says why."""


class Compute:
    """Lists as administrator; makes servers in their own project."""

    def __init__(self, cloud: Cloud, mark: Mark, clock: Clock) -> None:
        self.cloud, self.mark, self.clock = cloud, mark, clock
        self.projects = Projects(cloud)
        self._scoped: dict[str, Cloud] = {}
        self._lock = threading.Lock()

    def within(self, project: str) -> Cloud:
        """The cloud as a member of *project*."""
        with self._lock:
            if project not in self._scoped:
                where = self.projects.needed(project)
                own = where == self.cloud.project_id
                self._scoped[project] = self.cloud if own else self.cloud.scoped(where)
            return self._scoped[project]

    # questions

    def named(self, service: str, path: str, key: str) -> dict[str, Thing]:
        """All of a kind by name; of several the kit's, else one that all projects see."""
        found = sorted(
            self.cloud.list(service, path, key),
            key=lambda thing: (self.mark.on_tags(thing), bool(thing.get("shared"))),
        )
        return {thing["name"]: thing for thing in found}

    def servers(self, project: str) -> list[Thing]:
        where = self.projects.id_of(project)
        query = {"all_tenants": "1", "project_id": where}
        return self.cloud.list("compute", "/servers/detail", "servers", query) if where else []

    def marked(self) -> list[Thing]:
        """The kit's servers, of whatever project."""
        query = {"all_tenants": "1", "tags": self.mark.tag}
        return self.cloud.list("compute", "/servers/detail", "servers", query)

    def ports_of(self, server: str) -> list[Thing]:
        return self.cloud.list("network", "/ports", "ports", {"device_id": server})

    def ports(self, project: str) -> list[Thing]:
        where = self.projects.id_of(project)
        return self.cloud.list("network", "/ports", "ports", {"project_id": where}) if where else []

    def groups(self, project: str) -> list[Thing]:
        """Server groups; only members of the project see them."""
        if self.projects.id_of(project) is None:
            return []
        try:
            return self.within(project).list("compute", "/os-server-groups", "server_groups")
        except CloudError as error:
            if error.status != 401:
                raise
            raise ServerFailed(
                f"the user of clouds.yaml has no role in project {project}, so that it cannot make "
                f"servers there; the role cloud_projects gives it one. ({error})"
            ) from error

    def security_groups(self, project: str) -> dict[str, str]:
        where = self.projects.needed(project)
        path, key = "/security-groups", "security_groups"
        found = self.cloud.list("network", path, key, {"project_id": where})
        return {each["name"]: each["id"] for each in found}

    # changes

    def make_group(self, spec: SetSpec) -> None:
        body = {"server_group": {"name": spec.group, "policy": spec.policy}}
        self.within(spec.project).create(
            "compute", "/os-server-groups", body,
            lambda: next((g for g in self.groups(spec.project) if g["name"] == spec.group), None),
        )  # fmt: skip

    def make_port(self, server: ServerSpec, place: int, body: Thing) -> Thing:
        """Raises CloudError, with what to do where Neutron does not let us."""
        name, project = server.port_name(place), server.set.project

        def found() -> Thing | None:
            same = [p for p in self.ports(project) if p["name"] == name and not p["device_id"]]
            return {"port": same[0]} if same else None

        port = {"name": name, "project_id": self.projects.needed(project), **body}
        try:
            made = self.cloud.create("network", "/ports", {"port": port}, found)["port"]
        except CloudError as error:
            if error.status == 403 and "binding:profile" in body:
                raise ServerFailed(SERVICE_ROLE.format(error=error)) from error
            raise
        self.tag_port(made)
        return dict(made)

    def tag_port(self, port: Thing) -> None:
        tags = sorted({*(port.get("tags") or ()), self.mark.tag})
        self.cloud.change("network", "PUT", f"/ports/{port['id']}/tags", {"tags": tags})

    def change_port(self, port: Thing, values: Thing) -> None:
        self.cloud.change("network", "PUT", f"/ports/{port['id']}", {"port": values})

    def delete_port(self, port: Thing) -> None:
        self.cloud.delete("network", f"/ports/{port['id']}")

    def make_server(
        self, server: ServerSpec, ports: list[Thing], ids: dict[str, Any], user_data: str, made: str
    ) -> None:
        """Until it is ACTIVE. *ids*: flavor, image, group (or None). Raises ServerFailed."""
        spec, within = server.set, self.within(server.set.project)
        body: Thing = {
            "name": server.name, "flavorRef": ids["flavor"], "config_drive": True,
            "networks": [{"port": port["id"]} for port in ports], "tags": [self.mark.tag],
            "metadata": {IMAGE: ids["image"], GUEST: made},
            "user_data": base64.b64encode(user_data.encode()).decode(),
        }  # fmt: skip
        if spec.volume:
            body["block_device_mapping_v2"] = [_boot_volume(spec, ids["image"])]
        else:
            body["imageRef"] = ids["image"]
        hints = {"os:scheduler_hints": {"group": ids["group"]}} if ids["group"] else {}

        def found() -> Thing | None:
            query = {"name": f"^{server.name}$"}
            same = within.list("compute", "/servers", "servers", query)
            return {"server": same[0]} if same else None

        for place, port in enumerate(ports):
            self._see_network(within, port["network_id"], spec, place)
        answer = within.create("compute", "/servers", {"server": body, **hints}, found)
        self.wait_active(answer["server"]["id"], server)

    def _see_network(self, within: Cloud, network: str, spec: SetSpec, place: int) -> None:
        """Nova makes a server without any port, and says nothing, where its project sees none."""
        if within.get("network", f"/networks/{network}") is None:
            raise ServerFailed(
                f"project {spec.project} does not see network {spec.ports[place].network}: "
                "make it shared, external, or the project's own (site_openstack.networks)"
            )

    def wait_active(self, uuid: str, server: ServerSpec) -> None:
        started = self.clock.now()
        while True:
            seen = self.cloud.call("compute", "GET", f"/servers/{uuid}")["server"]
            if seen["status"] == "ACTIVE":
                return
            if seen["status"] == "ERROR":
                raise ServerFailed(why(seen, server.set.flavor))
            if self.clock.now() - started > server.set.timeout:
                raise ServerFailed(
                    f"after {server.set.timeout} s still {seen['status']}. Look at "
                    f"`openstack server event list {uuid}`, and at nova-compute's log"
                )
            self.clock.sleep(1.0)

    def delete_server(self, uuid: str, timeout: float) -> None:
        """Until it is gone; a port made by hand or by us stays."""
        self.cloud.delete("compute", f"/servers/{uuid}")
        started = self.clock.now()
        while self.cloud.get("compute", f"/servers/{uuid}") is not None:
            if self.clock.now() - started > timeout:
                raise ServerFailed(f"after {timeout:.0f} s not deleted yet")
            self.clock.sleep(1.0)


def why(seen: Thing, flavor: str) -> str:
    """Nova's fault, and what it means where Nova does not say it."""
    fault = " ".join(str((seen.get("fault") or {}).get("message") or "no fault given").split())
    if "maximum number of retries" in fault:
        return (
            f"{fault} A host had room and could not build it: nova-compute's log there, and "
            f"nova-conductor's, name it with {seen['id']}"
        )
    if "No valid host" not in fault:
        return f"{fault}. Look at `openstack server show {seen['id']}`"
    return (
        f"{fault} No host has free what flavor {flavor} and the ports ask for (VFs of the "
        "network, CPUs, memory, traits): playbooks/verify_cloud.yml counts them"
    )


SERVICE_ROLE = (
    "Neutron refuses binding:profile to the user of clouds.yaml (policy rule:service_api): it "
    "needs the role `service` in its project: openstack role add --user USER --project PROJECT "
    "service. ({error})"
)


def port_body(port: PortSpec, ids: dict[str, str], groups: list[str]) -> Thing:
    """Attributes of a port as it is made. *ids*: networks by name."""
    body: Thing = {
        "network_id": ids[port.network],
        "binding:vnic_type": "direct" if port.direct else "normal",
    }
    if port.direct and port.switchdev:
        body["binding:profile"] = {"capabilities": ["switchdev"]}
    return body | changeable(port, groups)


def changeable(port: PortSpec, groups: list[str]) -> Thing:
    """Of these what can be changed while a server has the port, and the model names."""
    values: Thing = {}
    if port.port_security is not None:
        values["port_security_enabled"] = port.port_security
    if port.port_security is False:
        return values | {"security_groups": [], "allowed_address_pairs": []}
    values["allowed_address_pairs"] = [{"ip_address": each} for each in port.allowed]
    return values | ({"security_groups": groups} if groups else {})


def _boot_volume(spec: SetSpec, image: str) -> Thing:
    kind = {"volume_type": spec.volume_type} if spec.volume_type else {}
    return {
        "boot_index": 0, "uuid": image, "source_type": "image", "destination_type": "volume",
        "volume_size": spec.volume, "delete_on_termination": True, **kind,
    }  # fmt: skip
