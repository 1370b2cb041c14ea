"""Kayobe's commands by step: their words, and which files a step depends on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command of Kayobe.

    words   after ``kayobe``.
    why     one line for the operator.
    leaves  files that it does not depend on, as patterns of their paths.
    kolla   whether it runs Kolla-Ansible, which has a limit of its own before 2026.1.
    network whether it would write the hosts' networks.
    """

    words: str
    why: str
    leaves: tuple[str, ...] = ()
    kolla: bool = False
    network: bool = False


_KOLLA = (r"kolla/config/.*", r"kolla/globals\.yml")
#: In the order in which they are run.
STEPS: dict[str, Command] = {
    "control-host-bootstrap": Command(
        "control host bootstrap", "Kayobe's and Kolla-Ansible's own programs on this machine",
        (r".*",),
    ),
    "inventory-discover": Command(
        "overcloud inventory discover", "hosts that a seed knows, addresses, Kolla's inventory",
        (*_KOLLA, r"hooks/.*", r"ironic\.yml", r"inspector\.yml", r"neutron\.yml"),
    ),
    "host-configure": Command(
        "overcloud host configure", "users, packages, container engine; the host layer by a hook",
        (*_KOLLA, r"kolla\.yml", r"ironic\.yml", r"inspector\.yml", r"neutron\.yml"),
        network=True,
    ),
    "image-pull": Command(
        "overcloud container image pull", "the services' images on the hosts",
        (r"kolla/config/.*", r"hooks/.*", r"networks\.yml"), kolla=True,
    ),
    "service-deploy": Command(
        "overcloud service deploy", "the services, with their configuration",
        (r"hooks/overcloud-host-configure/.*",), kolla=True,
    ),
    "post-configure": Command(
        "overcloud post configure", "networks and images that bare metal needs",
        (r"hooks/overcloud-host-configure/.*", r"kolla/config/.*"),
    ),
}  # fmt: skip
#: Kayobe's major version of a release of OpenStack.
MAJOR = {"2025.2": 19, "2026.1": 20}
#: What Kayobe writes itself, so that no step depends on it.
_KAYOBES = r"network-allocation\.yml|kolla/passwords\.yml|inventory/overcloud"


def words(
    step: str, release: str, limit: str, bond_owner: str, vault_password_file: str
) -> list[str]:
    """The command line after the program."""
    command = STEPS[step]
    found = command.words.split()
    if vault_password_file:
        found += ["--vault-password-file", vault_password_file]
    if limit:
        found += ["--limit", limit]
        if command.kolla and release < "2026.1":
            # later --limit is for both, and both together are refused
            found += ["--kolla-limit", limit]
    if command.network and bond_owner == "kit":
        found += ["--skip-tags", "network"]
    return found


def inputs(step: str, paths: Sequence[str]) -> list[str]:
    """The files, of *paths* below Kayobe's folder, that a step depends on."""
    leaves = "|".join([_KAYOBES, *STEPS[step].leaves])
    return [path for path in sorted(paths) if not re.fullmatch(leaves, path)]
