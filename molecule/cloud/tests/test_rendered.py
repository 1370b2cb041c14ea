"""The services loaded what the kit writes for Kolla-Ansible, and act on it.

Nova's VFs are a STAND-IN's, a tree in place of /sys/bus/pci; nova-compute reads it by its own code.
"""

import pytest
from ansible.module_utils.cloud.errors import CloudError
from clouds import folder, network

from lab.cloud import infra, sysfs
from lab.cloud.settings import Settings
from lab.paths import Paths

PFS = ("0000:3b:00.0", "0000:3b:00.1")
VFS = {a for n, pf in enumerate(PFS) for a in sysfs.vf_addresses(pf, n, 8)}
DEVICES = """
SELECT n.host, p.address, p.dev_type FROM nova.pci_devices p
JOIN nova.compute_nodes n ON n.id = p.compute_node_id WHERE p.deleted = 0 AND n.deleted = 0;
"""


def texts(top):
    return {str(f.relative_to(top)): f.read_text() for f in top.rglob("*") if f.is_file()}


def test_they_are_the_files_that_the_playbook_wrote():
    wrote = texts(folder() / "kayobe" / "kolla" / "config")
    assert "nova/compute-1/nova.conf" in wrote
    assert texts(Settings(Paths.of()).overlay) == wrote


@pytest.mark.parametrize("host", ["compute-1", "compute-2"])
def test_device_spec_matches_the_vfs_of_the_model_and_nothing_else(host):
    rows = [line.split("\t") for line in infra.sql(Settings(Paths.of()), DEVICES).splitlines()]
    found = {(address, kind) for at, address, kind in rows if at == host}
    assert found == {(address, "type-VF") for address in VFS}
    (tree,) = (folder() / "sysfs").glob(f"{host}-*")
    shown = {path.name for path in (tree / "devices").iterdir()}
    assert shown > VFS | {*PFS, sysfs.STRANGER["address"]}


def test_agents_have_the_bridges_of_the_model(cloud):
    agents = cloud.list("network", "/agents", "agents")
    mapped = {
        each["host"]: each["configurations"]["bridge_mappings"]
        for each in agents
        if each["binary"] == "neutron-openvswitch-agent"
    }
    assert mapped == {host: {"physnet1": "br-data"} for host in ("compute-1", "compute-2")}


def test_ml2_accepts_the_models_physical_network_and_no_other(cloud):
    def make(**values):
        body = {"network": {"name": "d-wire", **values}}
        return cloud.call("network", "POST", "/networks", body)["network"]

    wanted = {k: v for k, v in network(3999, 1).items() if k.startswith("provider_")}
    given = {key.replace("provider_", "provider:"): value for key, value in wanted.items()}
    with pytest.raises(CloudError, match="physnet9"):
        make(**{**given, "provider:physical_network": "physnet9"})
    made = [make(**given), make()]
    try:
        assert made[0]["mtu"] == 9000
        # one that asks for nothing is a VLAN of the model's ranges
        vlan = made[1]["provider:segmentation_id"]
        assert made[1]["provider:network_type"] == "vlan"
        assert 1000 <= vlan <= 1099 or 1200 <= vlan <= 1299
    finally:
        for each in made:
            cloud.delete("network", f"/networks/{each['id']}")
