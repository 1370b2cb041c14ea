"""The roles' argument specs take what the model derives, and no more than the engine reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.host_datapath import spec as engine
from ansible.module_utils.site_model.derive import datapath, kernel, rdma
from ansible.module_utils.site_model.inventory import read_inventory
from ansible.module_utils.site_model.source import Source
from ansible.module_utils.site_model.view import host_view

CHECKOUT = Path(__file__).resolve().parents[3]
SITES = (
    "lab", "example-rack", "example-federation/site-a", "example-federation/site-b",
    "example-federation/site-c",
)  # fmt: skip
DERIVED = {
    ("host_datapath", "main"): datapath.host_datapath,
    ("host_kernel", "main"): kernel.host_kernel,
    ("host_rdma", "drivers"): rdma.host_rdma,
    ("host_rdma", "main"): rdma.host_rdma,
}
NIC = {
    "name": "data", "driver": "igb", "bond": {"name": "bond0"},
    "ports": [
        {"name": "data0", "pci_address": "0000:01:00.0"},
        {"name": "data1", "pci_address": "0000:01:00.1"},
    ],
}  # fmt: skip


def specs(role: str, entry: str) -> dict[str, Any]:
    text = (CHECKOUT / "roles" / role / "meta" / "argument_specs.yml").read_text()
    return yaml.safe_load(text)["argument_specs"][entry]["options"]


def refused(role: str, entry: str, desired: dict[str, Any]) -> list[str]:
    key = f"{role}_desired"
    return (
        ArgumentSpecValidator({key: specs(role, entry)[key]})
        .validate({key: desired})
        .error_messages
    )


def hosts(site: str) -> Iterator[Any]:
    inventory = read_inventory(CHECKOUT / "inventories" / site, Source())
    for host in inventory.hosts.values():
        view = host_view(inventory.sections, host.as_site_host())
        if view.profiles:
            yield view


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(("role", "entry"), DERIVED)
def test_what_the_model_derives_is_taken(site, role, entry):
    views = list(hosts(site))
    assert views
    for view in views:
        assert refused(role, entry, DERIVED[role, entry](view)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"network_manager": "netplan", "confirm_timeout": 300},
        {"network_manager": "networkmanager"},
        {"openvswitch": None},
    ],
)
def test_variants_of_the_scenarios_are_taken(change):
    for view in hosts("lab"):
        desired = datapath.host_datapath(view)
        legacy = {**desired["nics"][0], "eswitch_mode": "legacy", "hw_tc_offload": False}
        assert refused("host_datapath", "main", {**desired, "nics": [legacy], **change}) == []


@pytest.mark.parametrize("desired", [{"host": "host-1"}, {"host": "host-1", "nics": [NIC]}])
def test_what_is_optional_for_the_engine_is_optional_for_the_role(desired):
    engine.Spec.from_dict(desired)
    assert refused("host_datapath", "main", desired) == []


def test_both_know_the_same_keys():
    options = specs("host_datapath", "main")["host_datapath_desired"]["options"]
    nic, switch = options["nics"]["options"], options["openvswitch"]["options"]
    for known, kind in (
        (options, engine.Spec), (nic, engine.Nic), (nic["ports"]["options"], engine.Port),
        (nic["bond"]["options"], engine.Bond), (switch, engine.OpenVSwitch),
        (options["networks"]["options"], engine.Network),
        (options["management"]["options"], engine.Management),
        (switch["bridges"]["options"], engine.Bridge),
    ):  # fmt: skip
        assert set(known) == {field.name for field in dataclasses.fields(kind)}


def test_a_wrong_key_is_named():
    (message,) = refused("host_datapath", "main", {"host": "h", "nics": [{**NIC, "vf": 3}]})
    assert "vf" in message
