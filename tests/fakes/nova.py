"""A STAND-IN of Nova and Neutron for servers: hosts with VFs, ports, groups, faults."""

from __future__ import annotations

import itertools
import re

from ansible.module_utils.cloud.transport import Answer
from ansible.module_utils.converge import Clock

from fakes.cloud import StandInCloud


class StandInServers(StandInCloud):
    """vfs: free VFs of all hosts. service_role: whether binding:profile may be set."""

    def __init__(self, vfs=4):
        super().__init__()
        self.vfs, self.service_role = vfs, True
        self.groups, self.now = [], 0.0
        self.alive = []  # names of servers in the order in which they went and came
        self._macs = itertools.count(1)
        self.handlers.append(self._handle)
        self.clock = Clock(lambda: self.now, self._sleep)
        self.here = self.put("identity", "projects", name="admin")["id"]
        for name in ("platform",):
            self.put("identity", "projects", name=name)
        for name in ("external", "storage"):
            self.put("network", "networks", name=name)
        for name in ("general", "rdma", "rdma.big"):
            self.put("compute", "flavors", name=name)
        for name in ("debian", "debian-2"):
            self.put("image", "images", name=name)

    def _sleep(self, seconds):
        self.now += seconds

    def project_id(self):
        return self.here

    def servers(self):
        return {server["name"]: server for server in self.of("servers", "compute")}

    def ports(self):
        return {port["name"]: port for port in self.of("ports")}

    def _handle(self, service, method, path, body, query, data):
        first, *rest = path.strip("/").split("/")
        if first == "os-server-groups":
            if method == "GET":
                return Answer(200, {"server_groups": self.groups})
            group = {"id": f"group-{len(self.groups)}", "members": [], **body["server_group"]}
            self.groups.append(group)
            return Answer(200, {"server_group": group})
        if (service, first) == ("network", "ports") and method == "POST":
            if "binding:profile" in body["port"] and not self.service_role:
                said = {
                    "type": "Forbidden",
                    "message": "rule:create_port:binding:profile",
                    "detail": "",
                }
                return Answer(403, {"NeutronError": said})
            port = {
                "mac_address": f"fa:16:3e:00:00:{next(self._macs):02x}", "device_id": "",
                "fixed_ips": [{"ip_address": f"10.0.0.{10 + len(self.of('ports'))}"}],
                "binding:profile": {}, "port_security_enabled": True,
                "security_groups": ["default"],
                "allowed_address_pairs": [], **body["port"],
            }  # fmt: skip
            return Answer(201, {"port": self.put("network", "ports", **port)})
        if (service, first) == ("network", "ports") and "device_id" in query:
            found = [p for p in self.of("ports") if p["device_id"] == query["device_id"]]
            return Answer(200, {"ports": found})
        if (service, first) == ("compute", "servers"):
            return self._servers(method, rest, body, query)
        return None

    def _servers(self, method, rest, body, query):
        every = self.of("servers", "compute")
        if method == "GET" and rest in ([], ["detail"]):
            found = [
                s for s in every
                if re.search(query.get("name", ""), s["name"])
                and query.get("project_id") in (None, s["project_id"])
                and query.get("tags") in (None, *s["tags"])
            ]  # fmt: skip
            return Answer(200, {"servers": found})
        if method == "POST":
            return self._build(body)
        server = next((s for s in every if s["id"] == rest[0]), None)
        if server is None:
            return Answer(404, {"itemNotFound": {"message": "no server"}})
        if method == "DELETE":
            every.remove(server)
            self.alive.append(f"-{server['name']}")
            for port in self.of("ports"):
                if port["device_id"] == server["id"]:
                    port["device_id"] = ""
                    self.vfs += port["binding:vnic_type"] == "direct"
            for group in self.groups:
                group["members"] = [m for m in group["members"] if m != server["id"]]
            return Answer(204)
        if server["status"] == "BUILD":
            server["status"] = server.pop("next")
        return Answer(200, {"server": server})

    def _build(self, body):
        want = body["server"]
        flavor = next(f for f in self.of("flavors", "compute") if f["id"] == want["flavorRef"])
        server = self.put(
            "compute", "servers", name=want["name"], tags=want["tags"], metadata=want["metadata"],
            user_data=want["user_data"], flavor={"original_name": flavor["name"]}, status="BUILD",
            project_id=self.of("projects", "identity")[1]["id"], next="ACTIVE",
        )  # fmt: skip
        server["OS-SRV-USG:launched_at"] = "now"
        self.alive.append(f"+{want['name']}")
        for group in self.groups:
            if group["id"] == body.get("os:scheduler_hints", {}).get("group"):
                group["members"].append(server["id"])
        ports = [p for p in self.of("ports") if {"port": p["id"]} in want["networks"]]
        asked = sum(p["binding:vnic_type"] == "direct" for p in ports)
        if asked > self.vfs:
            server["next"] = "ERROR"
            server["OS-SRV-USG:launched_at"] = None
            server["fault"] = {"message": "No valid host was found. "}
            return Answer(202, {"server": {"id": server["id"]}})
        self.vfs -= asked
        for port in ports:
            port["device_id"] = server["id"]
            port["binding:profile"] |= {"pci_slot": "0000:3b:01.7"} if asked else {}
        return Answer(202, {"server": {"id": server["id"]}})
