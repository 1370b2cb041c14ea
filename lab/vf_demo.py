"""A pod's second interface on a real VF, shown: macvlan in a virtual machine, and its way out."""

import json
from typing import Any

from lab import demo
from lab.errors import LabError
from lab.instance import Lab
from lab.progress import phase, say

#: A node of alpha with VFs, and one without, both on the fabric.
NODE, OTHER, FABRIC = "worker-1", "alpha-worker-1", "rdma"
PATIENCE = 900  # seconds: an emulated machine is slow at its first pods


def show(lab: Lab) -> None:
    """LabError if the pod has no macvlan on the VF, or does not reach a pod of another node."""
    if NODE not in lab.running():
        raise LabError(
            f"{NODE} does not run; first scripts/lab start {NODE}, scripts/lab deploy, "
            "scripts/lab clusters"
        )
    with phase(f"a pod on a VF of {NODE}"):
        for node in (NODE, OTHER):
            demo.kubectl(lab, "alpha", "apply -f -", json.dumps(pod(node)))
        names = [f"pod/fabric-{node}" for node in (NODE, OTHER)]
        ready = f"wait --for=condition=Ready {' '.join(names)} --timeout={PATIENCE}s"
        demo.kubectl(lab, "alpha", ready)
        link = inside(lab, NODE, "ip -json -details link show dev net1")
        vf = parent(lab, link["link_index"])
        kind = link["linkinfo"]["info_kind"]
        if kind != "macvlan" or "virtfn" not in vf:
            raise LabError(f"net1 of the pod on {NODE} is a {kind} on {vf}, no macvlan on a VF")
        say(f"  net1 of the pod is a {kind}, MTU {link['mtu']}, on {vf}")
        other = inside(lab, OTHER, "ip -json -4 address show dev net1")["addr_info"][0]["local"]
        size = link["mtu"] - 28  # without the headers of IPv4 and ICMP
        ping = f"exec fabric-{NODE} -- ping -c 3 -w 60 -M do -s {size} {other}"
        said = demo.kubectl(lab, "alpha", ping)
        say(f"  to {other} on {OTHER}, {size} bytes each: {said.splitlines()[-2]}")
        demo.kubectl(lab, "alpha", f"delete {' '.join(names)} --grace-period=1")


def pod(node: str) -> dict[str, Any]:
    container = {"name": "c", "image": "registry.lab/toolbox:1", "imagePullPolicy": "Never"}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": f"fabric-{node}",
            "annotations": {"k8s.v1.cni.cncf.io/networks": f"fabrics/{FABRIC}"},
        },
        "spec": {"nodeSelector": {"kubernetes.io/hostname": node}, "containers": [container]},
    }  # fmt: skip


def inside(lab: Lab, node: str, command: str) -> dict[str, Any]:
    """The first of what `ip -json` says in the pod of the node."""
    found: dict[str, Any] = json.loads(
        demo.kubectl(lab, "alpha", f"exec fabric-{node} -- {command}")
    )[0]
    return found


def parent(lab: Lab, index: int) -> str:
    """The interface of that number on the machine, and whose function it is in its PF's sysfs."""
    script = (
        f'for n in /sys/class/net/*; do [ "$(cat $n/ifindex)" = {index} ] || continue; '
        'pf=$(readlink -f "$n/device/physfn"); own=$(readlink -f "$n/device"); '
        'for v in "$pf"/virtfn*; do [ "$(readlink -f "$v")" = "$own" ] && '
        'echo "${n##*/}, ${v##*/} of ${pf##*/}"; done; done'
    )
    return lab.run(NODE, script).stdout.strip() or f"interface {index}"
