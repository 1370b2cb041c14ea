#!/usr/bin/python3 -IS
"""Lab only: a chained CNI plugin that gives a pod's interface Soft-RoCE, as if its NIC had RDMA.

After macvlan on ADD, before it on DEL: a link must go before its interface, or the kernel waits
for ever. Where the kernel has no Soft-RoCE (node containers) it does nothing.
"""

import hashlib
import json
import os
import subprocess
import sys

VERSIONS = ["0.4.0", "1.0.0", "1.1.0"]


def device(container: str, interface: str) -> str:
    """Name of the RDMA device: one for each interface of each pod on the node."""
    return "rxe" + hashlib.sha256(f"{container}/{interface}".encode()).hexdigest()[:10]


def rdma(netns: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """iproute2's rdma in the pod's network."""
    enter = ["nsenter", f"--net={netns}", "rdma"]
    return subprocess.run([*enter, *arguments], capture_output=True, text=True, check=False)


def links(netns: str) -> "dict[str, str]":
    """{device: interface} in the pod's network."""
    shown = rdma(netns, "-json", "link", "show")
    return {each["ifname"]: each.get("netdev", "") for each in json.loads(shown.stdout or "[]")}


def run(command: str) -> "str | None":
    """Do it; what went wrong, else None."""
    if command not in ("ADD", "DEL", "CHECK") or not os.path.isdir("/sys/module/rdma_rxe"):
        return None
    netns, interface = os.environ.get("CNI_NETNS", ""), os.environ["CNI_IFNAME"]
    name = device(os.environ["CNI_CONTAINERID"], interface)
    if command == "ADD":
        made = rdma(netns, "link", "add", name, "type", "rxe", "netdev", interface)
        return made.stderr.strip() if made.returncode else None
    if command == "CHECK":
        return None if name in links(netns) else f"{interface} has no Soft-RoCE link {name}"
    if not os.path.exists(f"/sys/class/infiniband/{name}"):
        return None
    # a network that is gone took its interface with it: the link is then the host's to delete
    where = netns if netns and os.path.exists(netns) else "/proc/1/ns/net"
    gone = rdma(where, "link", "delete", name)
    return gone.stderr.strip() if gone.returncode else None


def main() -> int:
    command = os.environ.get("CNI_COMMAND", "")
    if command == "VERSION":
        print(json.dumps({"cniVersion": "1.0.0", "supportedVersions": VERSIONS}))
        return 0
    config = json.load(sys.stdin)
    problem = run(command)
    if problem:
        said = {"cniVersion": config.get("cniVersion"), "code": 100, "msg": f"lab-rxe: {problem}"}
        print(json.dumps(said))
        return 1
    if command == "ADD":
        print(json.dumps(config.get("prevResult", {})))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
