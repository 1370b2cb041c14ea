"""The pins agree with each other."""

import re
from importlib import metadata

import ansible_collections
import pytest
import yaml
from packaging.requirements import Requirement

from common import CHECKOUT


def direct() -> list[Requirement]:
    lines = (CHECKOUT / "requirements.in").read_text().splitlines()
    return [Requirement(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


def locked() -> dict[str, str]:
    text = (CHECKOUT / "requirements.lock").read_text()
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.M))


@pytest.mark.parametrize("requirement", direct(), ids=str)
def test_direct_requirement_is_locked_and_installed(requirement):
    version = locked()[requirement.name.lower()]
    assert requirement.specifier.contains(version)
    assert metadata.version(requirement.name) == version


def test_every_locked_package_has_a_hash():
    blocks = re.split(r"\n(?=\S)", (CHECKOUT / "requirements.lock").read_text().strip())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_galaxy_pins_are_the_bundle_s_versions():
    pins = yaml.safe_load((CHECKOUT / "requirements.yml").read_text())["collections"]
    (bundle,) = ansible_collections.__path__
    for pin in pins:
        manifest = f"{bundle}/{pin['name'].replace('.', '/')}/MANIFEST.json"
        with open(manifest) as stream:
            assert yaml.safe_load(stream)["collection_info"]["version"] == pin["version"], pin
