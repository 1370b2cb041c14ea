"""All checks of a cloud, as rows of the report: the cloud's own, and one for each compute host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..cloud.api import Cloud
from ..cloud.errors import CloudError
from ..cloud.marks import Mark
from ..converge import Clock
from ..verify.findings import Findings
from . import placement, services
from .canary import Flight
from .spec import VerifySpec

CLOUD = "cloud"
CLOCK = Clock()


class Verifier:
    """*fly*: whether a canary is started (not in check mode)."""

    def __init__(
        self, cloud: Cloud, mark: Mark, spec: VerifySpec, *, fly: bool, clock: Clock = CLOCK
    ) -> None:
        self.cloud, self.mark, self.spec, self.fly, self.clock = cloud, mark, spec, fly, clock
        self.rows = {name: Findings(name) for name in (CLOUD, *spec.hosts)}

    def run(self) -> dict[str, dict[str, Any]]:
        """Row → its findings as the report reads them. A part that cannot be asked is a check."""
        own, spec, source = self.rows[CLOUD], self.spec, self.spec.source
        started = self.clock.now()
        self._part("agents", lambda: services.agents(self.cloud, self._row, source))
        self._part("quota", lambda: services.quotas(self.cloud, spec.quotas, own, source))
        self._part("nodes", lambda: services.nodes(self.cloud, spec.nodes, own, source))
        self._part("flavors", lambda: placement.flavors(self.cloud, spec.flavors, own, source))
        self._part("vfs", lambda: placement.virtual_functions(
            self.cloud, spec.hosts, self._row, source))  # fmt: skip
        self._canary(own)
        own.skip(
            "RDMA between servers",
            "playbooks/verify.yml measures it between hosts of a set's group, where guests answer",
        )
        own.seconds = self.clock.now() - started
        return {name: row.as_dict() for name, row in self.rows.items()}

    def _canary(self, own: Findings) -> None:
        spec = self.spec
        if spec.canary is None:
            own.skip("canary", "no servers of the model have a VF")
        elif not self.fly:
            own.skip("canary", "check mode, or verify_cloud_canary: false")
        else:
            flight = Flight(self.cloud, self.mark, spec.canary, self.clock)
            self._part("canary", lambda: flight.fly(own, spec.hosts, spec.source))

    def _row(self, host: str) -> Findings:
        """The host's own row, known with or without its domain, else the cloud's."""
        mine = [row for name, row in self.rows.items() if services.same_host(name, host)]
        return mine[0] if mine else self.rows[CLOUD]

    def _part(self, name: str, ask: Callable[[], None]) -> None:
        try:
            ask()
        except CloudError as error:
            self.rows[CLOUD].check(
                f"{name}: asked", False, "the cloud answers", str(error),
                source=self.spec.source, step=f"cloud:{name}", look="the service and its log",
            )  # fmt: skip
