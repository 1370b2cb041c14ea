"""What modules take: every site's model derives it, and what is wrong is named."""

from pathlib import Path

import pytest
from ansible.module_utils.cloud.api import Cloud
from ansible.module_utils.cloud.given import Field, read
from ansible.module_utils.cloud.marks import Mark
from ansible.module_utils.cloud_flavors import CloudFlavors
from ansible.module_utils.cloud_images import CloudImages
from ansible.module_utils.cloud_networks import CloudNetworks
from ansible.module_utils.cloud_projects import CloudProjects
from ansible.module_utils.site_model.derive import cloud_objects
from ansible.module_utils.site_model.inventory import read_inventory
from ansible.module_utils.site_model.source import Source
from fakes.cloud import StandInCloud

CHECKOUT = Path(__file__).resolve().parents[3]
SITES = ("example-rack", "example-federation/site-b", "lab-cloud")


@pytest.mark.parametrize("site", SITES)
def test_the_modules_take_what_the_model_derives(site):
    model = read_inventory(CHECKOUT / "inventories" / site, Source()).sections
    if not model.get("site_openstack"):
        pytest.skip("has no cloud")
    cloud, mark = Cloud(StandInCloud()), Mark("alpha")
    routers, groups = cloud_objects.routers(model), cloud_objects.security_groups(model)
    CloudNetworks(cloud, mark, cloud_objects.networks(model), routers, groups)
    CloudProjects(cloud, mark, cloud_objects.projects(model))
    CloudFlavors(cloud, mark, cloud_objects.flavors(model))
    CloudImages(cloud, mark, cloud_objects.images(model))


FIELDS = {"size": Field(int), "open": Field(bool, False), "owner": Field(str, None)}


def test_defaults():
    found = read("things", {"a": {"size": 1, "open": None}}, FIELDS)
    assert found == {"a": {"size": 1, "open": False, "owner": None}}


@pytest.mark.parametrize(
    ("thing", "line"),
    [
        ({}, "things.a.size: is missing"),
        ({"size": None}, "things.a.size: is missing"),
        ({"size": True}, "things.a.size: True is no int"),
        ({"size": 1, "open": "yes"}, "things.a.open: 'yes' is no bool"),
        ({"size": 1, "opn": True}, "things.a.opn: is unknown; known: size, open, owner"),
        ([], "things.a: must be a mapping"),
    ],
)
def test_what_is_wrong_is_named(thing, line):
    with pytest.raises(ValueError, match=line):
        read("things", {"a": thing}, FIELDS)
