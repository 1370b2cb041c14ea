"""The desired state of a control plane, checked; errors name the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..cluster_kubeadm.spec import KubeadmSpec
from ..host_datapath.reading import Reader, SpecError

__all__ = ["ControlPlaneSpec", "SpecError"]


@dataclass(frozen=True)
class ControlPlaneSpec:
    """kubeadm: the node's membership.

    cluster_wide       whether this node looks after what the control planes share.
    certificate_days   certificates that end sooner are renewed.
    snapshot_calendar  when snapshots are taken, as systemd.time(7) says it; "" for never.
    snapshot_keep      how many stay.
    """

    kubeadm: KubeadmSpec
    cluster_wide: bool
    certificate_days: int
    snapshot_calendar: str
    snapshot_keep: int

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> ControlPlaneSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        kubeadm = r.object("kubeadm")
        if kubeadm is None:
            raise SpecError("kubeadm: missing")
        spec = cls(
            KubeadmSpec.parse(kubeadm.value),
            r.flag("cluster_wide", False),
            r.number("certificate_days", 60, 1, 300),
            r.text("snapshot_calendar", "*-*-* 00/6:00:00"),
            r.number("snapshot_keep", 12, 1, 1000),
        )
        r.end()
        if "\n" in spec.snapshot_calendar:
            raise SpecError("snapshot_calendar: must be one line")
        return spec
