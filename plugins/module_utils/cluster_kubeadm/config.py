"""kubeadm's configuration files, as JSON, which is YAML."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

from . import api_server
from .spec import CONTROL_PLANE, Join, KubeadmSpec

API = "kubeadm.k8s.io/v1beta4"
DISCOVERY = "/run/slipway/discovery.json"
SOCKET = "unix:///run/containerd/containerd.sock"


def for_init(spec: KubeadmSpec) -> str:
    """Of the first control plane."""
    # for nobody: without one kubeadm makes its own, which lives a day
    token = {"token": f"{secrets.token_hex(3)}.{secrets.token_hex(8)}", "ttl": "1m0s"}
    return _documents(
        {
            "apiVersion": API, "kind": "InitConfiguration", "bootstrapTokens": [token],
            "localAPIEndpoint": _endpoint(spec), "nodeRegistration": _registration(spec),
        },
        _cluster(spec),
        {
            **spec.kubelet,
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "cgroupDriver": spec.cgroup_driver, "failCgroupV1": spec.fail_cgroup_v1,
            "serverTLSBootstrap": False, "rotateCertificates": True,
        },
    )  # fmt: skip


def for_join(spec: KubeadmSpec, join: Join) -> str:
    """Of any other node."""
    joined: dict[str, Any] = {
        "apiVersion": API, "kind": "JoinConfiguration", "nodeRegistration": _registration(spec),
        # a file and no bare token: with that kubeadm asks for the CA as nobody, who may not
        "discovery": {"file": {"kubeConfigPath": DISCOVERY}, "tlsBootstrapToken": join.token},
    }  # fmt: skip
    if spec.role == CONTROL_PLANE:
        joined["controlPlane"] = {"localAPIEndpoint": _endpoint(spec)}
    return _documents(joined)


def for_discovery(spec: KubeadmSpec, join: Join) -> str:
    """The kubeconfig by which a node that joins knows its cluster."""
    ca = base64.b64encode(join.ca.encode()).decode()
    return _documents(
        {
            "apiVersion": "v1", "kind": "Config", "current-context": "join",
            "clusters": [{"name": spec.cluster, "cluster": {
                "server": f"https://{spec.endpoint}", "certificate-authority-data": ca}}],
            "contexts": [{"name": "join", "context": {"cluster": spec.cluster, "user": "join"}}],
            "users": [{"name": "join", "user": {"token": join.token}}],
        }
    )  # fmt: skip


def for_control_plane(spec: KubeadmSpec) -> str:
    """What the phases of init take to make a control plane's parts anew."""
    return _documents(
        {
            "apiVersion": API, "kind": "InitConfiguration",
            "localAPIEndpoint": _endpoint(spec), "nodeRegistration": _registration(spec),
        },
        _cluster(spec),
    )  # fmt: skip


def _cluster(spec: KubeadmSpec) -> dict[str, Any]:
    cluster: dict[str, Any] = {
        "apiVersion": API, "kind": "ClusterConfiguration", "clusterName": spec.cluster,
        "kubernetesVersion": f"v{spec.version}", "controlPlaneEndpoint": spec.endpoint,
        "networking": {"podSubnet": spec.pod_subnet, "serviceSubnet": spec.service_subnet},
        "apiServer": api_server.for_kubeadm(spec),
        # not kubeadm's to keep
        "dns": {"disabled": True}, "proxy": {"disabled": True},
    }  # fmt: skip
    if spec.image_repository:
        cluster["imageRepository"] = spec.image_repository
    if spec.etcd_tag:
        cluster["etcd"] = {"local": {"imageTag": spec.etcd_tag}}
    if not spec.allocate_node_cidrs:
        cluster["controllerManager"] = {
            "extraArgs": [{"name": "allocate-node-cidrs", "value": "false"}]
        }
    return cluster


def _registration(spec: KubeadmSpec) -> dict[str, Any]:
    return {
        "name": spec.node, "criSocket": SOCKET, "imagePullPolicy": "IfNotPresent",
        "ignorePreflightErrors": list(spec.ignored_preflight),
        "kubeletExtraArgs": [{"name": "node-ip", "value": spec.address}],
    }  # fmt: skip


def _endpoint(spec: KubeadmSpec) -> dict[str, Any]:
    return {"advertiseAddress": spec.address, "bindPort": int(spec.endpoint.rpartition(":")[2])}


def _documents(*documents: dict[str, Any]) -> str:
    return "---\n".join(json.dumps(each, indent=1, sort_keys=True) + "\n" for each in documents)
