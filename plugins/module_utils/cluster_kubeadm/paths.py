"""kubeadm's files and programs on a node."""

from __future__ import annotations

KUBEADM = "/usr/local/bin/kubeadm"
KUBECTL = "/usr/local/bin/kubectl"
ADMIN = "/etc/kubernetes/admin.conf"
NODE = "/etc/kubernetes/kubelet.conf"
PKI = "/etc/kubernetes/pki"
CA = f"{PKI}/ca.crt"
MANIFESTS = "/etc/kubernetes/manifests"
API_SERVER = f"{MANIFESTS}/kube-apiserver.yaml"
#: Below PKI: what all control planes share. kubeadm makes all else of these.
KEYS = (
    "ca.crt", "ca.key", "sa.key", "sa.pub", "front-proxy-ca.crt", "front-proxy-ca.key",
    "etcd/ca.crt", "etcd/ca.key",
)  # fmt: skip
