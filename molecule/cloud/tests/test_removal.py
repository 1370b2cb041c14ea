"""What a site no longer names goes where it is safe, and is listed where it is not."""

import pytest
from ansible.module_utils.converge import ConvergeError
from clouds import OtherSite, network

TAG = "slipway:other-site"
TINY = {
    "source": "lab/cloud/files/tiny.raw", "disk_format": "raw",
    "sha256": "7714433d72427857be1bf9ee54661011d1b3d8d88be61c5a0740d69cf8acc4ad",
}  # fmt: skip
WANTS = {
    "networks": {"c-inside": network(3001, 1), "c-outside": network(3002, 2, external=True)},
    "routers": {"c-router": {"external_network": "c-outside", "networks": ["c-inside"]}},
    "groups": {"c-group": {"project": "c-project", "rules": [{"protocol": "icmp"}]}},
    "flavors": {"c-flavor": {"vcpus": 1, "ram": 64, "disk": 1, "projects": ["c-project"]}},
    "projects": {"c-project": {"quota": {"instances": 2}}},
    "images": {"c-image": TINY},
}


@pytest.fixture
def other():
    """A site with one of each, gone at the end."""
    site = OtherSite()
    site.run(**WANTS)
    yield site
    site.gone()


@pytest.fixture
def port(cloud, other):
    """Of a server on the site's network, made by hand; call it to take it away."""
    (inside,) = cloud.list("network", "/networks", "networks", {"name": "c-inside"})
    port = {"network_id": inside["id"], "device_owner": "compute:by-hand", "device_id": "by-hand"}
    made = cloud.call("network", "POST", "/ports", {"port": port})["port"]
    yield lambda: cloud.delete("network", f"/ports/{made['id']}")
    cloud.delete("network", f"/ports/{made['id']}")


def test_what_is_safe_goes_and_what_is_used_is_listed(cloud, other, port, strangers):
    assert other.run(**WANTS) == ({}, [])
    steps, left = other.run()
    assert {"flavor:c-flavor:delete", "image:c-image:delete", "security_group:c-group:delete"} <= (
        steps.keys()
    )
    said = "\n".join(left)
    assert "network c-inside: " in said and "router c-router: network c-inside" in said
    port()
    assert other.run()[0].keys() == {
        "router:c-router:delete", "network:c-inside:delete", "network:c-outside:delete",
        "project:c-project:delete",
    }  # fmt: skip
    assert cloud.list("network", "/networks", "networks", {"tags": TAG}) == []
    assert strangers()


def test_the_model_of_the_site_is_a_strangers_to_another(other):
    size = {"vcpus": 1, "ram": 512, "disk": 9}
    with pytest.raises(ConvergeError, match=r"general.small is not the kit's: disk is 1, not 9"):
        other.run(**{**WANTS, "flavors": {"general.small": size}})


def test_a_flavor_of_another_size_and_an_image_of_another_content(cloud, other, tmp_path):
    second = tmp_path / "second.raw"
    second.write_bytes(b"second" * 100)
    flavors = {"c-flavor": {"vcpus": 2, "ram": 64, "disk": 1}}
    steps, _ = other.run(**{**WANTS, "flavors": flavors})
    assert steps["flavor:c-flavor"]["why"].startswith("is made anew")
    wrong = {"c-image": {**TINY, "source": str(second), "sha256": "0" * 64}}
    with pytest.raises(ConvergeError, match=r"has SHA-256 \w+, the model says 0000"):
        other.run(**{**WANTS, "flavors": flavors, "images": wrong})
    (image,) = cloud.list("image", "/images", "images", {"name": "c-image"})
    assert (image["slipway_sha256"], image["size"]) == (TINY["sha256"], 4096)


def test_a_segment_that_changes_while_a_port_is_on_it_is_refused_before_anything(cloud, other):
    networks = {**WANTS["networks"], "c-inside": network(3003, 1), "c-new": network(3004, 4)}
    refused = r"segmentation_id is 3001, not 3003.*in use .*network:router_interface"
    with pytest.raises(ConvergeError, match=refused):
        other.run(**{**WANTS, "networks": networks})
    assert cloud.list("network", "/networks", "networks", {"name": "c-new"}) == []
