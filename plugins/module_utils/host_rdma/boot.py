"""RDMA comes back at boot: Soft-RoCE links, configfs and PFC do not survive by themselves."""

from __future__ import annotations

import json
from typing import Any

from ..converge import Check, Plan, Step
from ..host_kernel.part import HEADER, file_step
from ..system import System
from .spec import HostRdmaSpec

SPEC = "/etc/slipway/rdma.json"
JOURNAL = "/var/lib/slipway/rdma-journal.jsonl"
UNIT = "slipway-rdma.service"
UNIT_PATH = f"/etc/systemd/system/{UNIT}"
WANTS = f"/etc/systemd/system/multi-user.target.wants/{UNIT}"
#: the zipapp that host_datapath installs holds this subject, too
COMMAND = "/usr/local/sbin/slipway-datapath rdma"

# Stopped before the network's units (the reverse of After): links go before their interfaces.
TEXT = f"""{HEADER}
[Unit]
Description=RDMA: Soft-RoCE links, RoCE defaults, lossless class
Documentation=file:{SPEC}
ConditionPathExists={SPEC}
After=slipway-datapath-before-network.service slipway-datapath-after-network.service
After=network.target systemd-networkd.service NetworkManager.service openvswitch-switch.service
Before=nova-compute.service kubelet.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={COMMAND} boot
ExecStop={COMMAND} down
TimeoutStartSec=300

[Install]
WantedBy=multi-user.target
"""


def stored(system: System) -> HostRdmaSpec:
    """The desired state of the last run. SpecError or ValueError if it cannot be read."""
    return HostRdmaSpec.parse(json.loads(system.read(SPEC) or "{}"))


class Boot:
    """The desired state on the host's disk, and the unit that applies it."""

    name = "boot"

    def __init__(self, system: System, spec: HostRdmaSpec) -> None:
        self.system, self.spec = system, spec

    @property
    def text(self) -> str:
        return json.dumps(self.spec.as_dict(), indent=1, sort_keys=True) + "\n"

    def observe(self) -> dict[str, Any]:
        return {
            "spec": self.system.read(SPEC),
            "unit": self.system.read(UNIT_PATH),
            "enabled": self.system.exists(WANTS),
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        for name, why, path, text in (
            ("spec", "the desired state at boot", SPEC, self.text),
            ("unit", "applies it at boot", UNIT_PATH, TEXT),
        ):
            step = file_step(self.system, f"boot:{name}", why, path, text, seen[name])
            if step:
                plan.steps.append(step)
        if not seen["enabled"] or seen["unit"] != TEXT.rstrip():
            plan.steps.append(
                Step(
                    "boot:enable",
                    "started at boot, stopped before its interfaces go",
                    self._enable,
                    lambda: None if self.system.exists(WANTS) else f"{UNIT} is not enabled",
                    before="enabled" if seen["enabled"] else "not enabled",
                    after="enabled",
                )
            )

    def _enable(self) -> None:
        self.system.run("systemctl", "daemon-reload")
        self.system.run("systemctl", "enable", UNIT)

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        ok = seen["enabled"] and seen["unit"] == TEXT.rstrip()
        return [
            Check("RDMA comes back at boot", ok, "enabled", "enabled" if ok else "not enabled",
                  step="boot:enable", look=f"systemctl status {UNIT}")
        ]  # fmt: skip
