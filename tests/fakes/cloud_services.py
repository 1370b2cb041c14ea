"""What services do beside keeping objects, for the STAND-IN of fakes.cloud."""

import hashlib

from ansible.module_utils.cloud.transport import Answer

from fakes.cloud import StandInCloud


class StandInServices(StandInCloud):
    """Neutron's groups, routers and defaults; Nova's flavors; quotas; Glance's uploads."""

    def __init__(self):
        super().__init__()
        self.quotas = {}
        self.stored = {}
        self.access = {}
        self.put("network", "extensions", alias="router")
        self.handlers += [self.neutron, self.nova, self.quota, self.keystone, self.glance]

    def neutron(self, service, method, path, body, query, data):
        if service != "network":
            return None
        parts = path.strip("/").split("/")
        if method == "POST" and "tags" in next(iter(body.values())):
            return Answer(400, {"NeutronError": {"message": "Attribute 'tags' not allowed"}})
        if (method, path) == ("POST", "/security-groups"):
            every = [{"direction": "egress", "ethertype": e} for e in ("IPv4", "IPv6")]
            group = self.put("network", "security-groups", **body["security_group"])
            group["security_group_rules"] = []
            for rule in every:
                self._rule(group, rule)
            return Answer(201, {"security_group": group})
        if (method, path) == ("POST", "/security-group-rules"):
            rule = body["security_group_rule"]
            group = next(g for g in self.of("security-groups")
                         if g["id"] == rule["security_group_id"])  # fmt: skip
            return Answer(201, {"security_group_rule": self._rule(group, rule)})
        if method == "DELETE" and parts[0] == "security-group-rules":
            for group in self.of("security-groups"):
                group["security_group_rules"] = [
                    r for r in group["security_group_rules"] if r["id"] != parts[1]
                ]
            return Answer(204)
        if method == "DELETE" and parts[0] == "networks":
            subnets = self.of("subnets")
            subnets[:] = [s for s in subnets if s["network_id"] != parts[1]]
        if parts[-1] == "add_router_interface":
            subnet = next(s for s in self.of("subnets") if s["id"] == body["subnet_id"])
            self.put("network", "ports", device_id=parts[1], network_id=subnet["network_id"],
                     device_owner="network:router_interface")  # fmt: skip
            return Answer(200, {})
        if parts[-1] == "remove_router_interface":
            ports = self.of("ports")
            ports[:] = [p for p in ports if p["id"] != body["port_id"]]
            return Answer(200, {})
        return None

    def _rule(self, group, rule):
        number = len(self.asked)
        made = {"id": f"{group['id']}-{number}-{len(group['security_group_rules'])}", **rule}
        group["security_group_rules"].append(made)
        return made

    def nova(self, service, method, path, body, query, data):
        if service != "compute":
            return None
        parts = path.strip("/").split("/")
        if (method, path) == ("POST", "/flavors"):
            wanted = body["flavor"]
            if any(f["id"] == wanted["id"] for f in self.of("flavors", "compute")):
                return Answer(409, {"conflictingRequest": {"message": "already exists"}})
            made = self.put("compute", "flavors", extra_specs={}, **wanted)
            return Answer(200, {"flavor": made})
        found = next((f for f in self.of("flavors", "compute") if f["id"] in parts), None)
        if "os-extra_specs" in parts:
            if method == "POST":
                found["extra_specs"] |= body["extra_specs"]
            else:
                del found["extra_specs"][parts[-1]]
            return Answer(200, {"extra_specs": found["extra_specs"]})
        if parts[-1] == "os-flavor-access":
            allowed = self.access.get(found["id"], [])
            return Answer(200, {"flavor_access": [{"tenant_id": each} for each in allowed]})
        if parts[-1] == "action":
            ((action, values),) = body.items()
            allowed = self.access.setdefault(found["id"], [])
            (allowed.append if action == "addTenantAccess" else allowed.remove)(values["tenant"])
            return Answer(200, {})
        if path == "/servers" and ("flavor" in query or "image" in query):
            asked = {k: query[k] for k in ("flavor", "image") if k in query}
            servers = self.of("servers", "compute")
            known = [s for s in servers if all(s.get(k) == v for k, v in asked.items())]
            return Answer(200, {"servers": known})
        return None

    def quota(self, service, method, path, body, query, data):
        kind, _, project = path.strip("/").partition("/")
        if kind not in ("quotas", "os-quota-sets"):
            return None
        key = "quota" if kind == "quotas" else "quota_set"
        known = self.quotas.setdefault((service, project), {
            "instances": 10, "cores": 20, "ram": 51200, "port": 500, "network": 100,
        })  # fmt: skip
        if method == "PUT":
            known |= body[key]
        return Answer(200, {key: known})

    def keystone(self, service, method, path, body, query, data):
        parts = path.strip("/").split("/")
        if service == "identity" and len(parts) == 6 and parts[4] == "roles":
            role = next(r for r in self.of("roles", "identity") if r["id"] == parts[5])
            self.put("identity", "role_assignments", role={"name": role["name"]},
                     scope={"project": {"id": parts[1]}})  # fmt: skip
            return Answer(204)
        return None

    def glance(self, service, method, path, body, query, data):
        if service != "image":
            return None
        images = self.of("images", "image")
        parts = path.strip("/").split("/")
        if (method, path) == ("POST", "/images"):
            values = {"os_hidden": False, "status": "queued", **body}
            return Answer(201, self.put("image", "images", **values))
        if (method, path) == ("GET", "/images"):
            hidden = query.get("os_hidden") == "true"
            names = query.get("name", "").removeprefix("in:").split(",")
            known = [
                i for i in images
                if i["os_hidden"] == hidden
                and ("tag" not in query or query["tag"] in i["tags"])
                and ("name" not in query or i["name"] in names)
                and query.get("owner", i.get("owner")) == i.get("owner")
            ]  # fmt: skip
            return Answer(200, {"images": known})
        found = next((i for i in images if i["id"] == parts[1]), None)
        if found is None:
            return Answer(404, {})
        if parts[2:] == ["file"]:
            content = b"".join(data)
            self.stored[found["id"]] = content
            digest = hashlib.sha512(content).hexdigest()
            found |= {"status": "active", "os_hash_algo": "sha512", "os_hash_value": digest}
            return Answer(204)
        if parts[2:3] == ["tags"]:
            found["tags"].append(parts[3])
            return Answer(204)
        if method == "PATCH":
            for change in body:
                key = change["path"].strip("/")
                if change["op"] == "remove":
                    del found[key]
                else:
                    found[key] = change["value"]
            return Answer(200, found)
        return Answer(200, found) if method == "GET" else None
