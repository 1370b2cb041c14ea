"""The device plugin that offers RDMA of a cluster's fabrics to pods, as objects.

Configuration: k8s-rdma-shared-dev-plugin and sriov-network-device-plugin, their own READMEs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..sections.clusters import Cluster, NodePool
from ..sections.hosts import HostGroup
from ..sections.nics import NicProfile
from .names import rdma_resource, vf_interfaces

NAMESPACE = "kube-system"
NAME = "slipway-rdma-device-plugin"
#: kind → (name of the configuration's file, arguments, folders of the host besides kubelet's)
_PLUGINS: Mapping[str, tuple[str, list[str], str]] = {
    "shared": ("k8s-rdma-shared-dev-plugin/config.json", [], "/dev/infiniband"),
    "sriov": ("pcidp/config.json", ["--config-file=/etc/pcidp/config.json"], "/sys"),
}
_KUBELET = ("/var/lib/kubelet/device-plugins", "/var/lib/kubelet/plugins_registry")


def rdma_plugin_objects(
    cluster: Cluster, groups: Mapping[str, HostGroup], profiles: Mapping[str, NicProfile],
    image: str,
) -> list[dict[str, Any]]:  # fmt: skip
    """ConfigMap and DaemonSet; none without RDMA, or with the stand-in."""
    devices = _devices(cluster, groups, profiles)
    if cluster.rdma_plugin == "stand-in" or not devices:
        return []
    file, arguments, more = _PLUGINS[cluster.rdma_plugin]
    functions = {k: v for p in profiles.values() for k, v in vf_interfaces(p).items()}
    content = (
        _shared(cluster, devices) if cluster.rdma_plugin == "shared" else _sriov(devices, functions)
    )
    config = json.dumps(content, indent=1, sort_keys=True) + "\n"
    folder, key = file.split("/")
    meta = {"name": NAME, "namespace": NAMESPACE}
    labels = {"app": NAME}
    paths = {"device-plugins": _KUBELET[0], "plugins-registry": _KUBELET[1], "devices": more}
    container = {
        "name": "plugin", "image": image, "args": arguments,
        # registers at kubelet's socket, opens devices of the host
        "securityContext": {"privileged": True},
        "volumeMounts": [
            {"name": "config", "mountPath": f"/{folder}" if folder[0] == "k" else f"/etc/{folder}"},
            *({"name": name, "mountPath": path} for name, path in paths.items()),
        ],
    }  # fmt: skip
    spec = {
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "automountServiceAccountToken": False,
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
        "volumes": [
            {"name": "config", "configMap": {"name": NAME}},
            *({"name": name, "hostPath": {"path": path}} for name, path in paths.items()),
        ],
    }
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {key: config}},
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": meta,
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec},
            },
        },
    ]


def _devices(
    cluster: Cluster, groups: Mapping[str, HostGroup], profiles: Mapping[str, NicProfile]
) -> dict[str, list[str]]:
    """RDMA fabric → interfaces of NICs, on any node, whose devices serve it.

    A VF serves by itself, a bond by its ports; a pool of servers by the interface that it names.
    """
    found: dict[str, set[str]] = {name: set() for name, use in cluster.fabrics.items() if use.rdma}
    for pool in (cluster.control_plane, *cluster.workers.values()):
        group = groups.get(pool.group or "")
        nics = [profiles[n] for n in group.nic_profiles if n in profiles] if group else []
        for name, interfaces in found.items():
            interfaces.update(_of_pool(cluster, pool, name, group, nics))
    return {name: sorted(interfaces) for name, interfaces in found.items() if interfaces}


def _of_pool(
    cluster: Cluster, pool: NodePool, fabric: str, group: HostGroup | None,
    nics: Iterable[NicProfile],
) -> list[str]:  # fmt: skip
    has, interface = cluster.interface_on(pool, fabric)
    if not has:
        return []
    if group is None or any(interface in vf_interfaces(nic) for nic in nics):
        return [interface] if interface else []
    link = interface or (group.fabrics[fabric].link if fabric in group.fabrics else None)
    on = [nic for nic in nics if link is None or link.partition(".")[0] == nic.bond.name]
    asked = interface is not None or fabric in group.fabrics
    return [port.name for nic in on for port in nic.ports] if asked else []


def _shared(cluster: Cluster, devices: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "periodicUpdateInterval": 60,
        "configList": [
            {
                "resourcePrefix": "rdma",
                "resourceName": rdma_resource(name).partition("/")[2],
                "rdmaHcaMax": cluster.fabrics[name].shared_devices,
                "selectors": {"ifNames": interfaces},
            }
            for name, interfaces in devices.items()
        ],
    }


def _sriov(
    devices: Mapping[str, list[str]], functions: Mapping[str, tuple[str, int]]
) -> dict[str, Any]:
    """A VF is said by its port and number there."""

    def port(interface: str) -> str:
        own = functions.get(interface)
        return f"{own[0]}#{own[1]}" if own else interface

    return {
        "resourceList": [
            {
                "resourcePrefix": "rdma",
                "resourceName": rdma_resource(name).partition("/")[2],
                "selectors": {"pfNames": [port(each) for each in interfaces], "isRdma": True},
            }
            for name, interfaces in devices.items()
        ]
    }
