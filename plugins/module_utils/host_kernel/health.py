"""Whether a host came back from a reboot as it should."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..system import System
from .part import boot_id

#: units of the host layer that decide whether the host may serve
GATES = (
    "slipway-datapath-before-network.service",
    "slipway-datapath-after-network.service",
    "slipway-rdma.service",
)
#: one line that says why the datapath's gate is closed (host_datapath.paths.REASON)
CLOSED = "/run/slipway/datapath.reason"


@dataclass(frozen=True)
class Health:
    """boot: this boot's id. state: systemd's (starting, running, degraded…).
    failed_units: names. gates: {unit: ActiveState} of those that this host has.
    closed: why the datapath's gate is closed, or ""."""

    boot: str
    state: str
    failed_units: tuple[str, ...]
    gates: dict[str, str]
    closed: str

    @classmethod
    def of(cls, system: System) -> Health:
        state = system.run("systemctl", "is-system-running", check=False).stdout.strip()
        listed = system.run(
            "systemctl", "list-units", "--state=failed", "--plain", "--no-legend", check=False
        ).stdout
        failed = tuple(line.split()[0] for line in listed.splitlines() if line.strip())
        gates = {}
        for unit in GATES:
            if system.exists(f"/etc/systemd/system/{unit}"):
                shown = system.run("systemctl", "is-active", unit, check=False)
                gates[unit] = shown.stdout.strip()
        return cls(boot_id(system), state, failed, gates, system.read(CLOSED) or "")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def unhealthy(
    before: dict[str, Any], after: dict[str, Any], reboot_reasons: list[str]
) -> str | None:
    """Why the host may not be called healthy after a reboot; None if it may.

    *before* and *after* are Health.as_dict(); *reboot_reasons* those after the reboot.
    """
    if after["boot"] == before["boot"]:
        return "the host has not rebooted"
    if after["state"] in ("initializing", "starting", ""):
        return "the host is still starting"
    new = sorted(set(after["failed_units"]) - set(before["failed_units"]))
    if new:
        return f"failed since the reboot: {', '.join(new)} (systemctl status {new[0]})"
    for unit, state in sorted(after["gates"].items()):
        enabled_before = before["gates"].get(unit) == "active"
        if state != "active" and (enabled_before or state == "activating"):
            return f"{unit} is {state}"
    if after["closed"] and not before["closed"]:
        return f"the datapath's gate is closed: {after['closed']}"
    if reboot_reasons:
        return f"still not in effect: {'; '.join(reboot_reasons)}"
    return None
