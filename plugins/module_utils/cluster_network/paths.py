"""Where a node's pod networks are."""

from __future__ import annotations

#: Primary networks, ours and those of Cilium and Calico.
PRIMARY = "/etc/cni/net.d"
#: The plain bridge.
CONFLIST = f"{PRIMARY}/10-slipway.conflist"
#: All that containerd reads where there are fabrics: a node without Multus has no network.
RUNTIME = "/etc/cni/slipway"
MULTUS = f"{RUNTIME}/00-multus.conf"
#: Multus looks here for attachments without a configuration of their own.
ATTACHMENTS = "/etc/cni/multus/net.d"
#: Addresses that are taken: they go with the boot, as pods do.
LEASES = "/run/cni/fabrics"
PROGRAM = "/opt/cni/bin/slipway-fabric"
PROGRAMS = ("multus", "macvlan", "ipvlan", "host-local")
FABRICS = "/etc/slipway/fabrics.json"
SERVICE = "slipway-fabrics.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
