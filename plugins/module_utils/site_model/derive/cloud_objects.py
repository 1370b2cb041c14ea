"""Objects inside the cloud as the modules take them, each kind by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..sections.images import Image
from ..view import section
from .cloud import cloud_networks, flavor_extra_specs

Named = dict[str, dict[str, Any]]


def _cloud(site_model: Mapping[str, Any]) -> Any:
    return section(site_model, "site_openstack")


def projects(site_model: Mapping[str, Any]) -> Named:
    """Projects: ``description``, ``quota`` (only what is set)."""
    return {
        name: {"description": p.description, "quota": p.quota.model_dump(exclude_none=True)}
        for name, p in _cloud(site_model).projects.items()
    }


def networks(site_model: Mapping[str, Any]) -> Named:
    """Provider networks with their subnets (derive/cloud.py)."""
    return cloud_networks(_cloud(site_model).networks, section(site_model, "site_fabrics"))


def routers(site_model: Mapping[str, Any]) -> Named:
    """Routers: ``project``, ``external_network``, ``networks``."""
    return {
        name: {"project": r.project, "external_network": r.external, "networks": list(r.networks)}
        for name, r in _cloud(site_model).routers.items()
    }


def security_groups(site_model: Mapping[str, Any]) -> Named:
    """Security groups: ``project``, ``description``, ``rules``."""
    return {name: g.model_dump() for name, g in _cloud(site_model).security_groups.items()}


def flavors(site_model: Mapping[str, Any]) -> Named:
    """Flavors: ``vcpus``, ``ram`` (MiB), ``disk`` (GiB), ``extra_specs``, ``projects``."""
    return {
        name: {
            "vcpus": f.vcpus,
            "ram": f.memory,
            "disk": f.disk,
            "extra_specs": flavor_extra_specs(f),
            "projects": list(f.projects),
        }
        for name, f in _cloud(site_model).flavors.items()
    }


def image_recipes(site_model: Mapping[str, Any]) -> Named:
    """Images that are built, as ``cloud_image_build`` takes them."""
    return {
        name: {**i.recipe.model_dump(), "firmware": i.recipe.boot, "disk_format": i.format}
        for name, i in _cloud(site_model).images.items() if i.recipe
    }  # fmt: skip


def images(
    site_model: Mapping[str, Any], built: Mapping[str, Mapping[str, str]] | None = None
) -> Named:
    """Images: ``source``, ``sha256``, ``disk_format``, ``properties``, ``visibility``.

    *built*: ``source`` and ``sha256`` of those with a recipe; "" for one that is not there.
    """
    return {
        name: {
            **_file(i, (built or {}).get(name, {})),
            "disk_format": i.format,
            "properties": dict(i.properties),
            "visibility": i.visibility,
        }
        for name, i in _cloud(site_model).images.items()
    }


def _file(image: Image, built: Mapping[str, str]) -> dict[str, Any]:
    if image.recipe:
        return {key: built.get(key, "") for key in ("source", "sha256")}
    return {"source": image.source, "sha256": image.sha256}
