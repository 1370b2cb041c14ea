"""What Kayobe calls the site's fabrics, bonds and groups."""

from __future__ import annotations

import re

#: Kayobe's group of hosts with a purpose of the model.
GROUP_OF = {
    "controller": "controllers", "compute": "compute", "network": "network", "storage": "storage",
}  # fmt: skip
#: Kayobe's groups and their groups below, as its release declares them.
TREE: dict[str, list[str]] = {
    "ansible-control": [],
    "seed": [],
    "seed-hypervisor": [],
    "container-image-builders": ["seed"],
    "hypervisors": ["seed-hypervisor"],
    "infra-vms": [],
    "controllers": [],
    "network": ["controllers"],
    "monitoring": [],
    "storage": [],
    "compute-vgpu": [],
    "compute": ["compute-vgpu"],
    "overcloud": ["controllers", "network", "monitoring", "storage", "compute"],
    "vgpu": ["compute-vgpu"],
    "iommu": ["vgpu"],
    "container-engine": [
        "seed", "controllers", "network", "monitoring", "storage", "compute",
        "ansible-control", "infra-vms",
    ],
    "docker-registry": ["seed"],
    "ntp": ["seed", "seed-hypervisor", "overcloud", "infra-vms", "ansible-control"],
    "baremetal-compute": [],
    "mgmt-switches": [],
    "ctl-switches": [],
    "hs-switches": [],
    "switches": ["mgmt-switches", "ctl-switches", "hs-switches"],
}  # fmt: skip


def tree(release: str) -> dict[str, list[str]]:
    """Kayobe's groups in a release: 2025.2 knows no group ansible-control."""
    if release >= "2026.1":
        return {group: list(below) for group, below in TREE.items()}
    gone = "ansible-control"
    return {g: [b for b in below if b != gone] for g, below in TREE.items() if g != gone}


def network(fabric: str) -> str:
    """Kayobe's network of a fabric; with its suffix no attribute of one is another variable."""
    return f"{fabric.replace('-', '_')}_net"


def link(bond: str) -> str:
    """Kayobe's network without addresses that stands for a bond."""
    return "link_" + re.sub(r"[^A-Za-z0-9]", "_", bond)


def group(name: str, purpose: str) -> str:
    """Kayobe's name of a group of the model: its own unless Kayobe means other hosts by it."""
    taken = name in TREE or name in ("all", "ungrouped")
    return f"{name}_hosts" if taken and name != GROUP_OF[purpose] else name
