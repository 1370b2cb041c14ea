"""RDMA's packages and drivers as a subject of converge: the part before the datapath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .doca import REPLACED, REPOSITORY_PACKAGE, Pin, download, stale_drivers
from .management import management_paths
from .packages import packages
from .spec import HostRdmaSpec


class HostRdmaDrivers:
    """A driver is never reloaded: a new one takes effect at the next reboot, which is reported.

    reboot  whether this run may reboot the host: then drivers may be replaced under management.
    """

    name = "host_rdma_drivers"

    def __init__(
        self,
        system: System,
        spec: HostRdmaSpec,
        doca: Mapping[str, Any] | None = None,
        reboot: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.system, self.spec, self.reboot = system, spec, reboot
        self.pin, self.environment = Pin.parse(doca), environment
        self.tool = packages(system)

    @property
    def _from_doca(self) -> bool:
        return self.spec.driver_source == "doca"

    def observe(self) -> dict[str, Any]:
        if self.tool is None:
            return {"family": None}
        names = self.tool.rdma
        if self._from_doca and self.pin:
            names += (REPOSITORY_PACKAGE, *self.pin.packages)
        facts: dict[str, Any] = {"family": self.tool.family, "versions": self.tool.versions(names)}
        if self._from_doca:
            facts["stale"] = stale_drivers(self.system)
        return facts

    def plan(self, observed: dict[str, Any]) -> Plan:
        plan = Plan()
        if self.tool is None:
            release = (self.system.read("/etc/os-release") or "").partition("\n")[0]
            plan.refusals.append(
                Refusal(
                    "distribution",
                    f"the kit knows the packages of Debian, Ubuntu and RHEL, not of {release!r}",
                    "Install rdma-core by hand and take the role's entry point main only",
                )
            )
            return plan
        if self._from_doca:
            self._plan_doca(observed, plan)
        have = observed["versions"]
        missing = [name for name in self.tool.rdma if name not in have]
        if missing:
            plan.steps.append(self._install("packages", missing))
        return plan

    def _plan_doca(self, observed: dict[str, Any], plan: Plan) -> None:
        if self.pin is None:
            plan.refusals.append(
                Refusal(
                    "doca-pin",
                    "driver_source is doca, and its repository package is not pinned",
                    "Give version, url, sha256 and packages in artifacts_doca",
                )
            )
            return
        pin, have = self.pin, observed["versions"]
        old = have.get(REPOSITORY_PACKAGE)
        missing = [name for name in pin.packages if name not in have]
        outdated = old is None or not old.startswith(pin.version)
        if outdated:
            plan.steps.append(
                Step(
                    "doca:repository",
                    "the pinned repository package, its hash proven first",
                    self._repository,
                    self._no_repository,
                    before=old,
                    after=pin.version,
                )
            )
        if outdated or missing:
            self._refuse_under_management(plan)
            plan.steps.append(self._install("doca:packages", list(pin.packages), before=old))
        for driver in observed["stale"]:
            plan.reboot_reasons.append(
                f"driver {driver}: the one that is loaded is not the one that is installed"
            )

    def _refuse_under_management(self, plan: Plan) -> None:
        if self.reboot:
            return
        paths = management_paths(self.system, self.spec.management_pci_addresses, self.environment)
        for path in paths:
            if path.driver in REPLACED:
                plan.refusals.append(
                    Refusal(
                        "driver-under-management",
                        f"{path}: installing DOCA replaces that driver and would cut the host off",
                        "Run with host_reboot=true: the new driver is then taken at a reboot",
                    )
                )

    def _repository(self) -> None:
        self.tool.install_file(download(self.system, self.pin))  # type: ignore[union-attr, arg-type]

    def _no_repository(self) -> str | None:
        have = self.tool.versions((REPOSITORY_PACKAGE,)) if self.tool else {}
        version = have.get(REPOSITORY_PACKAGE, "not there")
        pinned = self.pin.version if self.pin else ""
        return None if version.startswith(pinned) else f"{REPOSITORY_PACKAGE} is {version}"

    def _install(self, name: str, names: list[str], before: str | None = None) -> Step:
        tool = self.tool
        assert tool is not None

        def missing() -> str | None:
            left = [n for n in names if n not in tool.versions(tuple(names))]
            return f"still not installed: {', '.join(left)}" if left else None

        return Step(
            name, "install", lambda: tool.install(names), missing,
            before=before, after=" ".join(names),
        )  # fmt: skip

    def verify(self, observed: dict[str, Any]) -> Sequence[Check]:
        names = self.tool.rdma if self.tool else ()
        have = observed.get("versions", {})
        return [
            Check(f"package {name}", name in have, "installed", have.get(name), step="packages")
            for name in names
        ]
