"""The datapath as a subject of converge: observe, plan, verify."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..converge import Check, Plan
from ..system import System
from . import checks
from .network import NetworkManager, network_manager
from .observe import observe, wait_for_ports
from .paths import AFTER_NETWORK, ALL, BEFORE_NETWORK, PHASES
from .plan import plan
from .spec import Spec

__all__ = ["AFTER_NETWORK", "ALL", "BEFORE_NETWORK", "PHASES", "Datapath"]


class Datapath:
    """One host's datapath.

    phase  "all": every step, network files included. "before-network": names, VFs,
           eswitch, offload (steps 4 to 9). "after-network": wait for an active LAG, bind
           VFs, Open vSwitch, open the gate (11 to 13).
    connection  sshd's SSH_CONNECTION of who asks, which must not be cut; "": nobody knows;
           None: nobody asks, at boot and when a change is undone.
    """

    name = "host_datapath"

    def __init__(
        self,
        system: System,
        spec: Spec,
        phase: str = ALL,
        manager: NetworkManager | None = None,
        connection: str | None = None,
    ) -> None:
        if phase not in PHASES:
            raise ValueError(f"phase: {phase!r} is none of {', '.join(PHASES)}")
        self.system, self.spec, self.phase, self.connection = system, spec, phase, connection
        self.manager = manager or network_manager(spec.network_manager)

    def observe(self) -> dict[str, Any]:
        """The host's facts, JSON-able. Changes nothing; missing programs are facts, too.

        Before the network, drivers may still be starting: their interfaces are waited for.
        """
        if self.phase == BEFORE_NETWORK:
            wait_for_ports(self.system, self.spec)
        return observe(self.system, self.spec, self.manager, self.phase)

    def plan(self, observed: dict[str, Any]) -> Plan:
        """Steps from *observed* to the spec, or refusals."""
        return plan(self.system, self.spec, self.manager, self.phase, observed, self.connection)

    def verify(self, observed: dict[str, Any]) -> Sequence[Check]:
        """What must hold on a datapath in order, asked of the host. Facts of phase "all"."""
        return checks.verify(self.spec, observed)
