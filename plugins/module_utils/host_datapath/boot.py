"""The datapath comes back at boot with no controller, and the gate that waits for it.

    slipway-guard.service                    a change that nobody confirmed is undone
    slipway-datapath-before-network.service  names, VFs, eswitch
    (network-pre.target, the host's network manager)
    slipway-datapath-after-network.service   an active LAG, VFs bound, Open vSwitch
    slipway-guard-late.service               the rest of what is undone
    the units of gate_units                  only with the gate open

The engine writes the files of ``render`` as one step and calls ``activate`` then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .paths import AFTER_NETWORK, BEFORE_NETWORK, READY, UNIT_AFTER_NETWORK, UNIT_BEFORE_NETWORK

if TYPE_CHECKING:
    from ..system import System
    from .spec import Spec

COMMAND = "/usr/local/sbin/slipway-datapath"
UNITS = "/etc/systemd/system"
GUARD = "slipway-guard.service"
GUARD_LATE = "slipway-guard-late.service"
#: There while a change waits for its confirmation.
PENDING = "/var/lib/slipway/guard/pending.json"
_DROPIN = "slipway-datapath.conf"
_HEADER = "# Written by Slipway from the site model; changes here are undone by its next run.\n"
_MANAGERS = (
    "systemd-networkd.service NetworkManager.service networking.service openvswitch-switch.service"
)
#: What must not start before VFs and LAG are as they must be.
_USERS = "nova-compute.service kubelet.service kolla-openvswitch_vswitchd-container.service"

_GUARD = f"""{_HEADER}
[Unit]
Description=Undo a change of the network that was not confirmed before the reboot
ConditionPathExists={PENDING}
DefaultDependencies=no
RequiresMountsFor=/etc /usr/local/sbin /var/lib/slipway
After=systemd-remount-fs.service local-fs.target
Before=network-pre.target {UNIT_BEFORE_NETWORK} {_MANAGERS} shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={COMMAND} boot guard
TimeoutStartSec=120

[Install]
WantedBy=multi-user.target
"""

_GUARD_LATE = f"""{_HEADER}
[Unit]
Description=Undo the rest of a change that was not confirmed before the reboot
ConditionPathExists={PENDING}
After={GUARD} network.target {UNIT_AFTER_NETWORK} openvswitch-switch.service

[Service]
Type=oneshot
ExecStart={COMMAND} boot guard-late
TimeoutStartSec=600

[Install]
WantedBy=multi-user.target
"""

_BEFORE = f"""{_HEADER}
[Unit]
Description=Datapath: names, VFs and eswitch, before the network
Documentation=file:/etc/slipway/datapath.json
DefaultDependencies=no
RequiresMountsFor=/etc /usr/local/sbin /var/lib/slipway
After=systemd-remount-fs.service local-fs.target systemd-modules-load.service
After=systemd-udev-trigger.service openibd.service {GUARD}
Before=network-pre.target {_MANAGERS} shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={COMMAND} boot {BEFORE_NETWORK}
# management comes up even if this hangs
TimeoutStartSec=600

[Install]
WantedBy=multi-user.target
"""


def render(spec: Spec) -> dict[str, tuple[str, int]]:
    """Unit files and the gate's drop-ins: path → (text, mode). Pure."""
    found = {
        f"{UNITS}/{GUARD}": _GUARD,
        f"{UNITS}/{GUARD_LATE}": _GUARD_LATE,
        f"{UNITS}/{UNIT_BEFORE_NETWORK}": _BEFORE,
        f"{UNITS}/{UNIT_AFTER_NETWORK}": _after(spec),
    }
    found.update({f"{UNITS}/{unit}.d/{_DROPIN}": _gate(unit) for unit in spec.gate_units})
    return {path: (text, 0o644) for path, text in found.items()}


def owned(system: System) -> list[str]:
    """The kit's unit files on the host now, those no longer rendered included."""
    own = (GUARD, GUARD_LATE, UNIT_BEFORE_NETWORK, UNIT_AFTER_NETWORK)
    units = [f"{UNITS}/{unit}" for unit in own if system.exists(f"{UNITS}/{unit}")]
    return sorted(units + system.glob(f"{UNITS}/*.d/{_DROPIN}"))


def enabled() -> tuple[str, ...]:
    """The units that boot must start."""
    return (GUARD, GUARD_LATE, UNIT_BEFORE_NETWORK, UNIT_AFTER_NETWORK)


def disabled_now(system: System) -> list[str]:
    """Units of ``enabled`` that boot would not start."""
    wants = f"{UNITS}/multi-user.target.wants"
    return [unit for unit in enabled() if not system.exists(f"{wants}/{unit}")]


def activate(system: System, units: Iterable[str] = ()) -> None:
    """Make written or removed unit files known, and boot start *units* (all of ``enabled``)."""
    system.run("systemctl", "daemon-reload")
    there = [u for u in (list(units) or enabled()) if system.exists(f"{UNITS}/{u}")]
    if there:
        system.run("systemctl", "--quiet", "enable", *there)


def write_guard_units(system: System) -> None:
    """The guard's own units, which must be there before any guarded change."""
    texts = {f"{UNITS}/{GUARD}": _GUARD, f"{UNITS}/{GUARD_LATE}": _GUARD_LATE}
    wrong = {p: t for p, t in texts.items() if system.read(p) != t.rstrip()}
    for path, text in wrong.items():
        system.write_file(path, text)
    guards = (GUARD, GUARD_LATE)
    if wrong or set(guards) & set(disabled_now(system)):
        activate(system, guards)


def start_gated(system: System, units: Iterable[str]) -> list[str]:
    """Start enabled units of the gate that are not running; returns those that were started.

    At boot they are waiting already. When the LAG came late, they had been refused.
    """
    started = []
    for unit in units:
        enabled_now = system.run("systemctl", "--quiet", "is-enabled", unit, check=False)
        active = system.run("systemctl", "--quiet", "is-active", unit, check=False)
        if enabled_now.status == 0 and active.status != 0:
            system.run("systemctl", "--no-block", "start", unit, check=False)
            started.append(unit)
    return started


def _after(spec: Spec) -> str:
    kolla = spec.openvswitch is not None and spec.openvswitch.runtime == "kolla"
    # in Kolla's container Open vSwitch starts after the VFs; its database keeps the bridges
    openvswitch = "" if kolla else "After=openvswitch-switch.service\n"
    users = " ".join(dict.fromkeys([*_USERS.split(), *spec.gate_units]))
    return f"""{_HEADER}
[Unit]
Description=Datapath: active LAG, VFs and Open vSwitch, after the network
Documentation=file:/etc/slipway/datapath.json
After={UNIT_BEFORE_NETWORK} network.target network-online.target {GUARD}
{openvswitch}Before={users}
# tried again for ever: a switch may come back after hours
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={COMMAND} boot {AFTER_NETWORK}
TimeoutStartSec=600
Restart=on-failure
RestartSec=30

[Install]
WantedBy=multi-user.target
"""


def _gate(unit: str) -> str:
    return f"""{_HEADER}
# {unit} stays out of service until the datapath is in order;
# `slipway-datapath status` says why it is not.
[Unit]
After={UNIT_AFTER_NETWORK}
AssertPathExists={READY}
"""
