"""network_data.json by Nova's own code; run with a Python that has nova (the lab's cloud).

Standard input: ``{networks: [{id, mtu, cidr, address, gateway, dhcp, mac, type}], group}``; with
*group* ({mode, address, properties, macs}) the first network's port is Ironic's port group.
"""

import json
import sys
from types import SimpleNamespace

from nova.network import model
from nova.virt import netutils
from nova.virt.ironic.driver import IronicDriver


def vif(place, given):
    address = model.FixedIP(address=given["address"])
    subnet = model.Subnet(
        cidr=given["cidr"], ips=[address], routes=[], dns=[], version=4,
        gateway=model.IP(address=given["gateway"]) if given.get("gateway") else None,
    )  # fmt: skip
    if given["dhcp"]:
        subnet["meta"]["dhcp_server"] = given["cidr"].rpartition(".")[0] + ".2"
    network = model.Network(id=given["id"], subnets=[subnet])
    network["meta"]["mtu"] = given["mtu"]
    return model.VIF(
        id=f"vif-{place}", address=given["mac"], network=network, type=given["type"],
        devname=f"tapvif-{place}",
    )  # fmt: skip


def main():
    given = json.load(sys.stdin)
    info = model.NetworkInfo([vif(place, each) for place, each in enumerate(given["networks"])])
    group = given.get("group")
    if not group:
        print(json.dumps(netutils.get_network_metadata(info)))
        return
    # what openstacksdk says of the node's ports
    pair = SimpleNamespace(
        id="group-1", mode=group["mode"], address=group["address"], properties=group["properties"],
        internal_info={"tenant_vif_port_id": "vif-0"}, extra={},
    )  # fmt: skip
    ports = [
        SimpleNamespace(id=f"port-{n}", address=mac, port_group_id="group-1", internal_info={},
                        extra={})
        for n, mac in enumerate(group["macs"])
    ]  # fmt: skip
    ports += [
        SimpleNamespace(id=f"single-{n}", address=each["mac"], port_group_id=None, extra={},
                        internal_info={"tenant_vif_port_id": f"vif-{n}"})
        for n, each in enumerate(given["networks"]) if n
    ]  # fmt: skip
    ironic = SimpleNamespace(ports=lambda **_: ports, port_groups=lambda **_: [pair])
    driver = SimpleNamespace(ironic_connection=ironic)
    node = SimpleNamespace(id="node-1")
    print(json.dumps(IronicDriver._get_network_metadata(driver, node, info)))


main()
