"""Mutated models never give a traceback; what is derived from a valid one holds."""

from __future__ import annotations

import copy
import ipaddress
import string
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.site_model.derive import datapath, kernel, names, rdma, verify
from ansible.module_utils.site_model.derive.addresses import host_address, pod_slice
from ansible.module_utils.site_model.inventory import read_inventory
from ansible.module_utils.site_model.model import read_model
from ansible.module_utils.site_model.problems import ModelError, Problem
from ansible.module_utils.site_model.sections.fabrics import Fabric
from ansible.module_utils.site_model.sections.nics import NicProfile
from ansible.module_utils.site_model.source import Source
from ansible.module_utils.site_model.validate import check, validate
from ansible.module_utils.site_model.view import host_view
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

INVENTORIES = Path(__file__).resolve().parents[2] / "inventories"
SITES = ["lab", "example-rack", *(f"example-federation/site-{letter}" for letter in "abc")]
_READ = {name: read_inventory(INVENTORIES / name, Source()) for name in SITES}
_HOSTS = {name: [h.as_site_host() for h in _READ[name].hosts.values()] for name in SITES}

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=True),
    st.text(max_size=20),
    st.sampled_from(["10.0.0.0/8", "10.0.0.1", "10.0.0.1-10.0.0.9", "fd00::/64", "fd00::1", "bond0",
                     "physnet1", "1-4094", "0000:3b:00.0", "{port}{vf}", "{{ x }}", "management"]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Paths of all keys and items."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, below in pairs:
        found.append((*path, key))
        if isinstance(below, (dict, list)):
            found += places(below, (*path, key))
    return found


@st.composite
def mutated(draw: Any, original: dict[str, Any]) -> dict[str, Any]:
    """A model with one to four places deleted, replaced, moved or added to."""
    model = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, 4))):
        known = places(model)
        if not known:
            break
        path = draw(st.sampled_from(known))
        holder = model
        for step in path[:-1]:
            holder = holder[step]
        kind = draw(st.sampled_from(["delete", "replace", "insert", "copy"]))
        if kind == "delete":
            del holder[path[-1]]
        elif kind == "replace":
            holder[path[-1]] = draw(values)
        elif kind == "copy":
            other = model
            for step in draw(st.sampled_from(known)):
                other = other[step]
            holder[path[-1]] = copy.deepcopy(other)
        elif isinstance(holder, dict):
            holder[draw(st.text(string.ascii_letters + "_-{:", min_size=1, max_size=9))] = draw(
                values
            )
        else:
            holder.append(draw(values))
    return model


@pytest.mark.parametrize("name", SITES)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_models_give_problems_or_nothing(name: str, data: st.DataObject) -> None:
    sections = data.draw(mutated(_READ[name].sections))
    problems: list[Problem] = []
    model = read_model(sections, problems)
    problems += check(model, _HOSTS[name], _READ[name].groups)
    assert all(problem.message and problem.fix and str(problem) for problem in problems)
    for host in _HOSTS[name]:
        try:
            view = host_view(sections, host)
            for derive in (
                datapath.host_datapath,
                rdma.host_rdma,
                kernel.host_kernel,
                verify.host_verify,
            ):
                derive(view)
        except ModelError as error:
            assert "\n" not in str(error)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_hosts_give_problems_or_nothing(data: st.DataObject) -> None:
    tree = {host["name"]: {"ansible_host": host["address"], "site_host_index": host["index"],
                           "site_host_overrides": host["overrides"]}
            for host in _HOSTS["example-rack"]}  # fmt: skip
    changed = data.draw(mutated(tree))
    hosts = []
    for name, variables in changed.items():
        own = variables if isinstance(variables, dict) else {}
        host = {"name": str(name), "groups": ["all", "compute"]}
        host["index"] = own.get("site_host_index", 0)
        host["address"] = own.get("ansible_host", "")
        host["overrides"] = own.get("site_host_overrides") or {}
        hosts.append(host)
    model = read_model(_READ["example-rack"].sections, [])
    assert all(map(str, check(model, hosts, {"all", "compute", "controllers"})))


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_garbage_in_files_gives_problems(tmp_path_factory: Any, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("site")
    place = folder / "group_vars" / "all"
    place.mkdir(parents=True)
    text = (INVENTORIES / "lab" / "group_vars" / "all" / "nics.yml").read_bytes()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    noise = data.draw(
        st.binary(max_size=12) | st.text(":-[]{}&*!|>'\"#%@`, \n\t?<", max_size=12).map(str.encode)
    )
    for file in (place / "nics.yml", folder / "hosts.yml"):
        file.write_bytes(text[:start] + noise + text[end:])
    report = validate(folder)
    assert report.of("error")  # sections are missing at least
    assert all(map(str, report.problems))


@settings(max_examples=200)
@given(
    st.integers(0, 64),
    st.text("abcdefghij", min_size=1, max_size=15),
    st.sampled_from(["{port}_{vf}", "{port}r{vf}", "rep{port}{vf}"]),
)
def test_derived_names_fit_or_are_refused(vfs: int, port: str, pattern: str) -> None:
    raw = {"site_nic_profiles": {"data": {
        "driver": "mlx5_core", "vfs": vfs, "eswitch_mode": "switchdev",
        "representor_pattern": pattern,
        "ports": [{"name": port, "pci_address": "0000:01:00.0"},
                  {"name": port[:14] + "z", "pci_address": "0000:01:00.1"}],
    }}}  # fmt: skip
    problems: list[Problem] = []
    model = read_model(raw, problems)
    problems += check(model, None, set())
    refused = any(problem.rule == "interface-length" for problem in problems)
    profile = NicProfile.model_validate(raw["site_nic_profiles"]["data"])
    longest = max(map(len, [*names.representors(profile), *names.vf_interfaces(profile), ""]))
    assert refused == (longest > 15)


@settings(max_examples=200)
@given(st.integers(0, 2**16 - 2), st.integers(1, 400), st.integers(1, 64))
def test_derived_addresses_are_unique_and_in_their_range(
    start: int, length: int, size: int
) -> None:
    base = ipaddress.ip_address("10.10.0.0")
    end = min(start + length, 2**16 - 1)
    text = f"{base + start}-{base + end}"
    ranges = {"hosts": text, "pods": text}
    fabric = Fabric.model_validate({"subnet": "10.10.0.0/16", "ranges": ranges})
    seen = set()
    for index in range(1, end - start + 3):
        try:
            address = ipaddress.ip_interface(host_address(fabric, index))
        except ModelError:
            assert index > end - start + 1
            continue
        assert base + start <= address.ip <= base + end
        seen.add(address.ip)
    assert len(seen) == end - start + 1
    taken: set[int] = set()
    for index in range(1, (end - start + 1) // size + 2):
        try:
            first, last = (int(ipaddress.ip_address(a)) for a in pod_slice(fabric, index, size))
        except ModelError:
            continue
        addresses = set(range(first, last + 1))
        assert len(addresses) == size and not addresses & taken
        assert int(base) + start <= first and last <= int(base) + end
        taken |= addresses


@given(values)
@settings(max_examples=100)
def test_anything_at_all_as_a_model(value: Any) -> None:
    problems: list[Problem] = []
    raw = value if isinstance(value, dict) else {"site_fabrics": value, "site_openstack": value}
    model = read_model(raw, problems)
    problems += check(model, None, set())
    assert all(map(str, problems))


def test_the_schema_takes_the_sites() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from ansible.module_utils.site_model.reference import json_schema

    schema = json_schema()
    for file in INVENTORIES.glob("**/group_vars/all/*.yml"):
        jsonschema.validate(yaml.safe_load(file.read_text()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"site_fabric": {}}, schema)
