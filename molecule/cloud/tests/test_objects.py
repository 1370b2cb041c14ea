"""What the model names is in the cloud, asked of the real services."""

from clouds import named

TAG = "slipway:lab-cloud"


def test_a_provider_network_and_its_subnet(cloud):
    found = named(cloud, "network", "/networks", "networks", "storage", tags=TAG)
    assert (found["provider:physical_network"], found["provider:segmentation_id"]) == (
        "physnet1", 200)  # fmt: skip
    assert (found["mtu"], found["shared"], found["port_security_enabled"]) == (9000, True, False)
    subnet = named(cloud, "network", "/subnets", "subnets", "storage", tags=TAG)
    assert subnet["network_id"] == found["id"]
    assert subnet["allocation_pools"] == [{"start": "10.79.17.0", "end": "10.79.23.255"}]
    assert subnet["gateway_ip"] is None


def test_a_router_between_them(cloud):
    router = named(cloud, "network", "/routers", "routers", "outward", tags=TAG)
    outside = named(cloud, "network", "/networks", "networks", "external", tags=TAG)
    inside = named(cloud, "network", "/networks", "networks", "provision", tags=TAG)
    assert router["external_gateway_info"]["network_id"] == outside["id"]
    query = {"device_id": router["id"], "network_id": inside["id"]}
    (port,) = cloud.list("network", "/ports", "ports", query)
    assert port["fixed_ips"][0]["ip_address"] == "10.79.48.1"


def test_a_security_group_of_a_project(cloud):
    group = named(cloud, "network", "/security-groups", "security_groups", "kube-node", tags=TAG)
    project = named(cloud, "identity", "/projects", "projects", "platform")
    assert group["project_id"] == project["id"]
    rules = {
        (r["direction"], r["ethertype"], r["port_range_min"], r["remote_ip_prefix"],
         r["remote_group_id"] == group["id"])
        for r in group["security_group_rules"]
    }  # fmt: skip
    assert rules == {
        ("egress", "IPv4", None, None, False), ("egress", "IPv6", None, None, False),
        ("ingress", "IPv4", 22, "192.168.79.0/24", False),
        ("ingress", "IPv4", 6443, None, False), ("ingress", "IPv6", 6443, None, False),
        ("ingress", "IPv4", None, None, True), ("ingress", "IPv6", None, None, True),
    }  # fmt: skip


def test_quotas_of_both_services(cloud):
    project = named(cloud, "identity", "/projects", "projects", "platform")
    nova = cloud.get("compute", f"/os-quota-sets/{project['id']}")["quota_set"]
    assert (nova["instances"], nova["cores"], nova["ram"]) == (10, 512, 4194304)
    assert cloud.get("network", f"/quotas/{project['id']}")["quota"]["port"] == 60


def test_flavors_of_whole_servers(cloud):
    query = {"is_public": "None"}
    flavor = named(cloud, "compute", "/flavors/detail", "flavors", "metal.a100x8", **query)
    assert flavor["extra_specs"] == {
        "resources:CUSTOM_GPU_A100X8": "1", "resources:VCPU": "0", "resources:MEMORY_MB": "0",
        "resources:DISK_GB": "0", "trait:CUSTOM_GPU_A100_X8": "required",
        "slipway:site": "lab-cloud",
    }  # fmt: skip


def test_an_image_is_what_the_model_pins(cloud):
    image = named(cloud, "image", "/images", "images", "tiny", tag=TAG)
    assert (image["status"], image["size"], image["visibility"]) == ("active", 4096, "public")
