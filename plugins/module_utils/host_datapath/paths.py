"""Where the kit keeps its files on a host, what its units are called, and a run's phases."""

from __future__ import annotations

#: The desired state, as the controller last sent it.
SPEC = "/etc/slipway/datapath.json"
#: What the kit made, so that it may also remove it.
APPLIED = "/var/lib/slipway/datapath-applied.json"
#: One line for each event of a run.
JOURNAL = "/var/lib/slipway/datapath-journal.jsonl"
#: Names of ports, VFs and representors.
UDEV_RULES = "/etc/udev/rules.d/70-slipway-datapath.rules"
#: There while the datapath is in order: gated units start only then.
READY = "/run/slipway/datapath.ready"
#: One line saying why READY is not there.
REASON = "/run/slipway/datapath.reason"
#: Boot units: steps 4 to 9 before the network, 11 to 13 after it.
UNIT_BEFORE_NETWORK = "slipway-datapath-before-network.service"
UNIT_AFTER_NETWORK = "slipway-datapath-after-network.service"

#: Everything, or what the two boot units do around the host's own network.
ALL, BEFORE_NETWORK, AFTER_NETWORK = "all", "before-network", "after-network"
PHASES = (ALL, BEFORE_NETWORK, AFTER_NETWORK)
