"""NVIDIA ConnectX (mlx5_core): switchdev, VF-LAG, firmware settings.

Sources: the kernel's mlx5 LAG and devlink code, DOCA's documents, mstflint's manual.
Tried on a stand-in tree only: no ConnectX was at hand.
"""

from __future__ import annotations

from ...system import CommandError, System
from ..spec import LAYER_4, Nic, Port
from .base import Driver, Facts

DEBUGFS = "/sys/kernel/debug/mlx5"
#: ConnectX-4 and 4 Lx need VFs' headers inlined before switchdev.
INLINE_MODE_DEVICES = ("0x1013", "0x1015")
#: The kernel's word for a LAG that VFs are part of; "roce" is one of RDMA devices alone.
VF_LAG = "switchdev"
#: Bond modes that send by all ports.
HASHED = ("802.3ad", "balance-xor")


class Mlx5(Driver):
    """Ports are PCI functions with an eswitch each; the kernel joins them to a LAG."""

    name = "mlx5_core"
    switchdev = True
    own_lag = True
    max_vfs_with_lag = 64

    def settings(
        self, system: System, port: Port, params: Facts, netdev: str
    ) -> dict[str, str | None]:
        device = system.read(f"{self.device(port)}/device")
        return {
            "flow_steering_mode": params.get("flow_steering_mode"),
            # devlink tells it of every device, but only these may be changed and must be
            "inline_mode": params.get("inline-mode") if device in INLINE_MODE_DEVICES else None,
            "lag_port_select_mode": params.get("lag_port_select_mode")
            or system.read(_compat(netdev)),
        }

    def wanted_settings(self, nic: Nic, facts: Facts) -> dict[str, str]:
        wanted = {
            "lag_port_select_mode": nic.lag_port_select_mode,
            "flow_steering_mode": nic.flow_steering_mode,
            "inline_mode": "transport",
        }
        has = facts["settings"]
        return {k: v for k, v in wanted.items() if v and nic.switchdev and has.get(k) is not None}

    def missing_settings(self, nic: Nic, facts: Facts) -> dict[str, str]:
        # lag_port_select_mode is DOCA's: upstream chooses by itself, and the LAG tells what
        mode, has = nic.flow_steering_mode, facts["settings"].get("flow_steering_mode")
        return {"flow_steering_mode": mode} if nic.switchdev and mode and has is None else {}

    def set(self, system: System, port: Port, name: str, value: str) -> None:
        handle = self.handle(port)
        if name == "inline_mode":
            system.run("devlink", "dev", "eswitch", "set", handle, "inline-mode", value)
            return
        # in legacy mode, where this is set, the port is the only interface
        netdev = (system.list(f"{self.device(port)}/net") or [""])[0]
        if name == "lag_port_select_mode" and system.exists(_compat(netdev)):
            # DOCA's drivers have it here instead of in devlink
            system.write_attribute(_compat(netdev), value)
            return
        system.run(
            *("devlink", "dev", "param", "set", handle),
            *("name", name, "value", value, "cmode", "runtime"),
        )

    def firmware(self, system: System, nic: Nic) -> Facts | None:
        if not nic.firmware:
            return {}
        # both ports share the NIC's settings; -e also shows what runs now
        output = system.run(*self._mstconfig(nic), "-e", "query", check=False, timeout=60)
        if output.status == 127:
            return None
        if output.status:
            raise CommandError(f"mstconfig on {nic.ports[0].pci_address}: {output.stderr.strip()}")
        return parse_firmware(output.stdout)

    def set_firmware(self, system: System, nic: Nic, values: dict[str, str]) -> None:
        settings = [f"{key}={value}" for key, value in sorted(values.items())]
        system.run(*self._mstconfig(nic), "--yes", "set", *settings, timeout=120)

    def lag(self, system: System, nic: Nic) -> Facts | None:
        folder = f"{DEBUGFS}/{nic.ports[0].pci_address}/lag"
        names = ("state", "type", "port_sel_mode", "mapping")
        return {name: system.read(f"{folder}/{name}") for name in names}

    def vfs_wait_for_lag(self, nic: Nic) -> bool:
        # with VFs in legacy mode the kernel forms no LAG: the bond is the host's alone
        return nic.switchdev

    def lag_problem(self, nic: Nic, lag: Facts | None) -> str | None:
        state = (lag or {}).get("state")
        where = f"{DEBUGFS}/{nic.ports[0].pci_address}/lag"
        if state is None:
            return f"{where}/state cannot be read: is debugfs mounted?"
        if state != "active":
            return f"the NIC's LAG is {state}: see {where} and the kernel's log"
        kind = (lag or {}).get("type")
        if kind != VF_LAG:
            return f"the NIC's LAG is of type {kind}, not {VF_LAG}: VFs have no part in it"
        mode, wanted = (lag or {}).get("port_sel_mode"), self.lag_wanted(nic)["port_sel_mode"]
        return (
            f"the LAG selects ports by {mode}, not {wanted}" if wanted not in (None, mode) else None
        )

    def lag_wanted(self, nic: Nic) -> dict[str, str | None]:
        # by queue affinity a hash over layer 4 is ignored; one active port leaves nothing to select
        layer_4 = nic.bond.transmit_hash_policy in LAYER_4
        mode = nic.lag_port_select_mode or ("hash" if layer_4 else None)
        hashed = nic.bond.mode in HASHED
        return {"state": "active", "type": VF_LAG, "port_sel_mode": mode if hashed else None}

    def mapping_problem(self, nic: Nic, lag: Facts | None) -> str | None:
        # a port on each line ("1"), or after the one it stands for ("2:1")
        lines = ((lag or {}).get("mapping") or "").split()
        ports = sorted({line.rpartition(":")[2] for line in lines})
        if nic.bond.mode not in HASHED or len(ports) == len(nic.ports):
            return None
        return f"the LAG sends by port {' and '.join(ports) or 'none'} only"

    def _mstconfig(self, nic: Nic) -> tuple[str, ...]:
        return ("mstconfig", "-d", str(nic.ports[0].pci_address))


def parse_firmware(text: str) -> Facts:
    """``mstconfig -e query``: name → {current, next}, "True(1)" read as "1"."""
    found: Facts = {}
    for line in text.splitlines():
        fields = line.replace("*", " ").split()
        # name, default, current, next boot
        if len(fields) == 4 and fields[0].isupper() and not fields[0].endswith(":"):
            found[fields[0]] = {"current": _plain(fields[2]), "next": _plain(fields[3])}
    return found


def _plain(value: str) -> str:
    return value[value.index("(") + 1 : -1] if value.endswith(")") and "(" in value else value


def _compat(netdev: str) -> str:
    return f"/sys/class/net/{netdev}/compat/devlink/lag_port_select_mode"
