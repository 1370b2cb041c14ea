"""The desired addons, checked; errors name the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError

__all__ = ["ADDONS", "AddonsSpec", "SpecError"]

#: As kubeadm calls them.
ADDONS = ("kube-proxy", "coredns")


@dataclass(frozen=True)
class AddonsSpec:
    """What kubeadm needs to know of the cluster.

    addons      which of ``ADDONS``.
    kube_proxy  keys of a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1).
    """

    cluster: str
    version: str
    pod_subnet: str
    service_subnet: str
    image_repository: str
    addons: tuple[str, ...]
    kube_proxy: Mapping[str, Any]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> AddonsSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        names = ("cluster", "version", "pod_subnet", "service_subnet")
        proxy = data.get("kube_proxy", {})
        if not isinstance(proxy, dict):
            raise SpecError("kube_proxy: must be a mapping")
        r.ignore("kube_proxy")
        spec = cls(
            **{name: r.text(name) for name in names},
            image_repository=r.text("image_repository", ""),
            addons=r.texts("addons"),
            kube_proxy=proxy,
        )
        r.end()
        unknown = [name for name in spec.addons if name not in ADDONS]
        if unknown:
            raise SpecError(f"addons: {unknown[0]} is none of {', '.join(ADDONS)}")
        return spec
