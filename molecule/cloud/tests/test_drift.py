"""Changes by hand are found by check mode and corrected; what strangers have is not touched."""

import pytest
from clouds import named, play

TAG = "slipway:lab-cloud"


class Hand:
    """An administrator who changes what the kit keeps."""

    def __init__(self, cloud):
        self.cloud = cloud

    def put(self, path, one, **values):
        self.cloud.change("network", "PUT", path, {one: values})

    def neutron(self, kind, name):
        path = f"/{kind.replace('_', '-')}"
        return f"{path}/{named(self.cloud, 'network', path, kind, name, tags=TAG)['id']}"

    def project(self):
        return named(self.cloud, "identity", "/projects", "projects", "platform")["id"]

    def flavor(self, name):
        query = {"is_public": "None"}
        found = named(self.cloud, "compute", "/flavors/detail", "flavors", name, **query)
        return f"/flavors/{found['id']}"

    def image(self):
        return f"/images/{named(self.cloud, 'image', '/images', 'images', 'tiny', tag=TAG)['id']}"

    def rules(self, extra):
        group = self.cloud.get("network", self.neutron("security_groups", "kube-node"))
        group = group["security_group"]
        if not extra:
            rule = group["security_group_rules"][0]
            return self.cloud.delete("network", f"/security-group-rules/{rule['id']}")
        body = {"security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv4",
                "protocol": "udp"}  # fmt: skip
        return self.cloud.call(
            "network", "POST", "/security-group-rules", {"security_group_rule": body}
        )

    def interface(self):
        router = self.neutron("routers", "outward")
        subnet = self.neutron("subnets", "provision").rpartition("/")[2]
        self.cloud.change(
            "network", "PUT", f"{router}/remove_router_interface", {"subnet_id": subnet}
        )

    def patch(self, *changes):
        headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
        self.cloud.change("image", "PATCH", self.image(), list(changes), headers=headers)


#: What is done by hand, and the step that has to correct it.
DRIFT = {
    "mtu": (lambda h: h.put(h.neutron("networks", "storage"), "network", mtu=1500),
            "network:storage"),
    "shared": (lambda h: h.put(h.neutron("networks", "external"), "network", shared=True),
               "network:external"),
    "port security": (lambda h: h.put(h.neutron("networks", "provision"), "network",
                                      port_security_enabled=False), "network:provision"),
    "pool": (lambda h: h.put(h.neutron("subnets", "storage"), "subnet", allocation_pools=[
        {"start": "10.79.17.0", "end": "10.79.17.9"}]), "subnet:storage"),
    "name servers": (lambda h: h.put(h.neutron("subnets", "provision"), "subnet",
                                     dns_nameservers=["192.0.2.1"]), "subnet:provision"),
    "dhcp": (lambda h: h.put(h.neutron("subnets", "external"), "subnet", enable_dhcp=False),
             "subnet:external"),
    "router interface": (lambda h: h.interface(), "router:outward"),
    "group's text": (lambda h: h.put(h.neutron("security_groups", "kube-node"), "security_group",
                                     description="mine"), "security_group:kube-node"),
    "a rule less": (lambda h: h.rules(extra=False), "rules:kube-node"),
    "a rule more": (lambda h: h.rules(extra=True), "rules:kube-node"),
    "quota of Nova": (lambda h: h.cloud.change(
        "compute", "PUT", f"/os-quota-sets/{h.project()}", {"quota_set": {"cores": 999}}),
        "quota:platform"),
    "quota of Neutron": (lambda h: h.cloud.change(
        "network", "PUT", f"/quotas/{h.project()}", {"quota": {"port": 999}}), "quota:platform"),
    "project's text": (lambda h: h.cloud.change(
        "identity", "PATCH", f"/projects/{h.project()}", {"project": {"description": "mine"}}),
        "project:platform"),
    "extra spec changed": (lambda h: h.cloud.change(
        "compute", "POST", f"{h.flavor('metal.a100x8')}/os-extra_specs",
        {"extra_specs": {"resources:VCPU": "1"}}), "flavor:metal.a100x8"),
    "extra spec more": (lambda h: h.cloud.change(
        "compute", "POST", f"{h.flavor('rdma.small')}/os-extra_specs",
        {"extra_specs": {"hw:cpu_policy": "dedicated"}}), "flavor:rdma.small"),
    "extra spec gone": (lambda h: h.cloud.delete(
        "compute", f"{h.flavor('metal.cpu')}/os-extra_specs/resources:CUSTOM_CPU_2S"),
        "flavor:metal.cpu"),
    "visibility": (lambda h: h.patch({"op": "replace", "path": "/visibility",
                                      "value": "private"}), "image:tiny"),
    "a flavor gone": (lambda h: h.cloud.delete("compute", h.flavor("general.small")),
                      "flavor:general.small"),
}  # fmt: skip
MINE = ("projects", "networks", "flavors", "images")


@pytest.fixture(scope="module")
def drifted(cloud, strangers):
    """All of it at once."""
    hand = Hand(cloud)
    for by_hand, _ in DRIFT.values():
        by_hand(hand)
    checked = play(tags=MINE, check=True).well()
    done = play(tags=MINE).well()
    return checked, done, play(tags=MINE).well()


@pytest.mark.parametrize("what", DRIFT)
def test_drift_is_found_by_check_and_corrected(drifted, what):
    checked, done, again = drifted
    step = DRIFT[what][1]
    assert step in checked.steps and step in done.steps and step not in again.steps


def test_only_what_drifted_is_changed(drifted):
    checked, done, again = drifted
    wanted = {step for _, step in DRIFT.values()}
    assert set(checked.steps) == set(done.steps) == wanted
    assert again.changed == 0


def test_strangers_have_what_they_had(drifted, strangers):
    assert strangers()
