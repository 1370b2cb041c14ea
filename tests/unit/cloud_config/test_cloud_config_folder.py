"""Kayobe's folder: what is written, remembered, refused and removed."""

from __future__ import annotations

import json
import stat

import pytest
import yaml
from ansible.module_utils.cloud_config import restarts
from ansible.module_utils.converge import ConvergeError
from fakes.crash import cut_everywhere


def names(result):
    return [step["name"] for step in result.steps]


def test_check_mode_writes_nothing_and_announces_all(kayobe, rack):
    announced = kayobe.run(rack, check=True)
    assert announced.changed and not kayobe.folder.exists()
    assert names(kayobe.run(rack)) == names(announced)
    assert kayobe.run(rack).steps == []


def test_a_changed_model_changes_what_it_concerns(kayobe, rack, desired):
    kayobe.run(rack)

    def more_vfs(sections):
        sections["site_host_groups"]["compute"]["cpu_shared_set"] = "0-1"

    result = kayobe.run(desired("example-rack", more_vfs))
    changed = [n.partition(":")[2] for n in names(result) if n.startswith("write:")]
    assert changed == [f"kolla/config/nova/compute-{n}/nova.conf" for n in (1, 2, 3, 4)]
    assert {step["disrupts"] for step in result.steps} == {"", "service:nova_compute"}
    found = restarts(changed, rack)
    assert found == {"nova_compute": [f"compute-{n}" for n in (1, 2, 3, 4)]}


def test_what_restarts(rack):
    assert restarts(["inventory/group_vars/compute/network-interfaces"], rack) == {
        service: [f"compute-{n}" for n in (1, 2, 3, 4)]
        for service in ("neutron_openvswitch_agent", "openvswitch_vswitchd")
    }
    assert restarts(["inventory/host_vars/control-1/network-interfaces"], rack) == {
        service: ["control-1"] for service in ("neutron_openvswitch_agent", "openvswitch_vswitchd")
    }
    assert restarts(["kolla/config/neutron/ml2_conf.ini"], rack) == {
        "neutron_server": ["control-1", "control-2", "control-3"]
    }
    assert restarts(["inventory/hosts", "hooks/x"], rack) == {}


def test_a_file_changed_by_hand_is_refused_and_stays(kayobe, rack):
    kayobe.run(rack)
    file = kayobe.folder / "networks.yml"
    file.write_text(file.read_text() + "mine: true\n")
    assert "networks.yml was changed by hand" in kayobe.run(rack, check=True).refusals[0]
    with pytest.raises(ConvergeError, match="below the folder of own files"):
        kayobe.run(rack)
    assert "mine: true" in file.read_text()
    kayobe.run(rack, discard=["networks.yml"])
    assert "mine: true" not in file.read_text()


def test_a_file_that_was_there_before_is_refused_unless_it_is_the_same(kayobe, rack):
    kayobe.folder.mkdir()
    (kayobe.folder / "kolla.yml").write_text("---\nkolla_enable_heat: false\n")
    (kayobe.folder / "stackhpc.yml").write_text("---\nnot: ours\n")
    with pytest.raises(ConvergeError, match=r"kolla\.yml is not the kit's"):
        kayobe.run(rack)
    assert not (kayobe.folder / "networks.yml").exists()
    (kayobe.folder / "kolla.yml").unlink()
    kayobe.run(rack)
    assert "not: ours" in kayobe.read("stackhpc.yml")


def test_what_the_model_no_longer_names_is_removed_with_its_folder(kayobe, rack, desired):
    kayobe.run(rack)

    def fewer(sections):
        sections["site_openstack"]["nodes"] = {}

    smaller = desired("example-rack", fewer)
    smaller["hosts"].pop("compute-4")
    smaller["groups"]["compute"]["hosts"].remove("compute-4")
    result = kayobe.run(smaller)
    removed = {name.partition(":")[2] for name in names(result) if name.startswith("remove:")}
    assert removed == {
        "inspector.yml", "ironic.yml", "kolla/config/neutron/compute-4/openvswitch_agent.ini",
        "kolla/config/nova/compute-4/nova.conf",
    }  # fmt: skip
    assert not (kayobe.folder / "kolla/config/nova/compute-4").exists()
    assert "compute-4" not in kayobe.read("network-allocation.yml")


def test_what_is_no_longer_named_but_was_changed_stays(kayobe, rack, desired):
    kayobe.run(rack)
    (kayobe.folder / "ironic.yml").write_text("mine: 1\n")

    def fewer(sections):
        sections["site_openstack"]["nodes"] = {}

    with pytest.raises(ConvergeError, match=r"ironic\.yml was changed by hand"):
        kayobe.run(desired("example-rack", fewer))


def test_addresses_that_kayobe_gave_stay(kayobe, rack):
    kayobe.run(rack)
    found = yaml.safe_load(kayobe.read("network-allocation.yml"))
    found["internal_net_ips"] |= {"seed": "10.10.0.200", "compute-1": "10.10.0.99"}
    found["other_net_ips"] = {"seed": "192.0.2.1"}
    (kayobe.folder / "network-allocation.yml").write_text(yaml.dump(found))
    assert names(kayobe.run(rack)) == [
        "remember:begin",
        "write:network-allocation.yml",
        "remember:end",
    ]
    found = yaml.safe_load(kayobe.read("network-allocation.yml"))
    assert found["internal_net_ips"]["compute-1"] == "10.10.0.11"
    assert found["internal_net_ips"]["seed"] == "10.10.0.200"
    assert found["other_net_ips"] == {"seed": "192.0.2.1"}
    # Kayobe writes the same in another order
    (kayobe.folder / "network-allocation.yml").write_text(yaml.dump(found))
    assert kayobe.run(rack).steps == []


def test_own_files_are_private_and_not_shown(kayobe, rack):
    kayobe.write_own("kolla.yml", "kolla_secret_thing: hunter2\n")
    kayobe.write_own("secrets.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    result = kayobe.run(rack)
    for path, mode in (("kolla.yml", 0o600), ("secrets.yml", 0o600), ("networks.yml", 0o644)):
        assert stat.S_IMODE((kayobe.folder / path).stat().st_mode) == mode
    assert "hunter2" not in json.dumps(result.as_dict())
    (kayobe.folder / "kolla.yml").chmod(0o644)
    assert names(kayobe.run(rack))[1:-1] == ["write:kolla.yml"]
    assert stat.S_IMODE((kayobe.folder / "kolla.yml").stat().st_mode) == 0o600
    # what was the operator's is not shown when it goes, either
    (kayobe.own / "kolla.yml").unlink()
    gone = kayobe.run(rack)
    assert "hunter2" not in json.dumps(gone.as_dict())
    assert "hunter2" not in kayobe.read("kolla.yml")


def test_own_files_may_not_be_in_the_folder(kayobe, rack):
    kayobe.own = kayobe.folder / "own"
    kayobe.own.mkdir(parents=True)
    with pytest.raises(ValueError, match="own files are not in"):
        kayobe.run(rack)


def test_a_run_that_is_cut_is_finished_by_the_next(tmp_path_factory, kayobe, rack, desired):
    """The model changes, a file of the operator's comes, another goes."""
    small = small_of(rack)
    changed = small_of(desired("example-rack", other_cpus))

    def host():
        top = type(kayobe)(tmp_path_factory.mktemp("cut"))
        top.write_own("gone.yml", "a: 1\n")
        top.run(small)
        (top.own / "gone.yml").unlink()
        top.write_own("kolla.yml", "kolla_enable_heat: false\n")
        disk = top.system
        disk.top = top
        return disk

    points = cut_everywhere(host, lambda disk: disk.top.subject(changed))
    assert len(points) > 10


def other_cpus(sections):
    sections["site_host_groups"]["compute"]["cpu_shared_set"] = "0-1"


def small_of(found):
    """One controller and one compute host."""
    keep = {"control-1", "compute-1"}
    found["hosts"] = {name: host for name, host in found["hosts"].items() if name in keep}
    for group in found["groups"].values():
        group["hosts"] = [name for name in group["hosts"] if name in keep]
    return found
