"""The commands of a fake host: ip, devlink, ethtool, ovs-vsctl, systemctl, mstconfig…"""

from __future__ import annotations

import json
from typing import Any

from ansible.module_utils.system import Output

from fakes.host import KernelHost
from fakes.model import Function, Netdev
from fakes.ovs import Database

LOOKS = (
    ("ip", "-json"),
    ("devlink", "-j"),
    ("ethtool", "-k"),
    ("udevadm",),
    ("modprobe",),
)


class FakeHost(KernelHost):
    """A whole host.

    firmware   name → [current, next boot], None without mstconfig.
    routes     interfaces of answers to a client ("get") and of default routes ("show").
    unsettled  interfaces that udev is still about to name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unsettled: list[Netdev] = []
        self.ovs: Database | None = None
        self.ovs_running = False
        self.firmware: dict[str, list[str]] | None = None
        self.routes: dict[str, list[str]] = {"get": [], "show": []}

    def reads(self, argv: tuple[str, ...]) -> bool:
        return (
            any(argv[: len(look)] == look for look in LOOKS)
            or "list" in argv
            or argv[-1] == "query"
        )

    def execute(self, argv: tuple[str, ...], stdin: str) -> Output:
        method = getattr(self, "run_" + argv[0].replace("-", "_"), None)
        if method is None:
            return Output(127, "", f"{argv[0]}: not installed")
        try:
            return Output(0, method(list(argv[1:]), stdin) or "", "")
        except FileNotFoundError as error:
            return Output(127, "", str(error))
        except (KeyError, ValueError) as error:
            return Output(1, "", repr(error))

    def run_ip(self, words: list[str], stdin: str) -> str | None:
        if words[:2] == ["-json", "-N"]:
            netdevs = self.netdevs.values()
            return json.dumps([{**r, "dev": n.name} for n in netdevs for r in n.routes])
        if "route" in words:
            found = self.routes[words[words.index("route") + 1]]
            return json.dumps([{"dev": name} for name in found])
        if words[0] == "-json":
            return json.dumps([self._link(n) for n in self.netdevs.values()])
        if words[:2] == ["address", "delete"]:
            self.netdevs[words[4]].addresses.remove(words[2])
            return None
        for line in stdin.splitlines() if words[0] == "-batch" else [" ".join(words)]:
            self._ip_link([w for w in line.split() if w != "dev"])
        return None

    def _ip_link(self, words: list[str]) -> None:
        _, action, name, *rest = words
        netdev = self.netdevs[name]
        if action == "delete":
            self._delete(name)
        elif rest[0] in ("up", "down"):
            netdev.up = rest[0] == "up"
        elif rest[0] == "nomaster":
            netdev.master = None
        elif rest[0] == "master":
            netdev.master = rest[1]
        elif rest[0] == "name":
            if rest[1] in self.netdevs:
                raise ValueError("RTNETLINK answers: File exists")
            self._rename(netdev, rest[1])
        elif rest[0] == "vf":
            self.functions[str(netdev.parent)].macs[int(rest[1])] = rest[3]
        else:
            raise ValueError(" ".join(words))
        self.member_changed()

    def _delete(self, name: str) -> None:
        del self.netdevs[name]
        self.bonds.pop(name, None)
        for netdev in list(self.netdevs.values()):
            if netdev.master == name:
                netdev.master = None
            if netdev.lower == name:
                self._delete(netdev.name)

    def _rename(self, netdev: Netdev, name: str) -> None:
        del self.netdevs[netdev.name]
        for other in self.netdevs.values():
            other.lower = name if other.lower == netdev.name else other.lower
        netdev.name = name
        self.netdevs[name] = netdev

    def _link(self, netdev: Netdev) -> dict[str, Any]:
        link: dict[str, Any] = {
            "ifname": netdev.name,
            "flags": ["UP", "LOWER_UP"] if netdev.up else [],
            "mtu": netdev.mtu,
            "address": netdev.mac,
            "addr_info": [
                {"scope": "global", "local": a.split("/")[0], "prefixlen": int(a.split("/")[1])}
                for a in netdev.addresses
            ],
        }
        for key, value in (
            ("master", netdev.master),
            ("link", netdev.lower),
            ("parentdev", netdev.parent),
            ("phys_port_name", netdev.phys_port_name),
            ("phys_switch_id", netdev.phys_switch_id),
        ):
            if value:
                link[key] = value
        if netdev.kind:
            link["linkinfo"] = {"info_kind": netdev.kind, "info_data": {"id": netdev.vlan}}
        function = self.functions.get(netdev.parent or "")
        if function and function.physfn is None and "vf" not in (netdev.phys_port_name or ""):
            none = "00:00:00:00:00:00"
            link["vfinfo_list"] = [
                {"vf": n, "address": function.macs.get(n, none)} for n in range(function.numvfs)
            ]
        return link

    def run_devlink(self, words: list[str], stdin: str) -> str | None:
        if words[0] == "-j":
            return ",".join(self._show(line.split()) for line in stdin.splitlines())
        if words[:3] == ["dev", "eswitch", "set"]:
            handle, key, value = words[3:6]
            if key == "mode":
                self.set_mode(handle, value)
            else:
                self._legacy(handle).params[key] = value
        elif words[:3] == ["dev", "param", "set"]:
            self._legacy(words[3]).params[words[5]] = words[7]
        self.member_changed()
        return None

    def _legacy(self, handle: str) -> Function:
        function = self.functions[handle[4:]]
        if function.mode != "legacy":
            raise ValueError("devlink answers: Operation not supported in switchdev mode")
        return function

    def _show(self, words: list[str]) -> str:
        if words[:2] == ["dev", "param"]:
            params = {}
            for function in self.functions.values():
                names = [k for k in function.params if k not in ("inline-mode", "compat")]
                params[f"pci/{function.address}"] = [
                    {"name": k, "values": [{"cmode": "runtime", "value": function.params[k]}]}
                    for k in names
                ]
            return json.dumps({"param": params})
        handle = words[3]
        bus, _, name = handle.partition("/")
        device = self.functions.get(name) if bus == "pci" else self.simulated.get(name)
        if device is None:
            return json.dumps({"dev": {}})
        shown = {"mode": device.mode}
        if isinstance(device, Function) and "inline-mode" in device.params:
            shown["inline-mode"] = device.params["inline-mode"]
        return json.dumps({"dev": {handle: shown}})

    def run_ethtool(self, words: list[str], stdin: str) -> str | None:
        if words[0] == "-k":
            return "\n".join(
                f"Features for {n.name}:\nhw-tc-offload: {n.offload}" for n in self.netdevs.values()
            )
        self.netdevs[words[1]].offload = words[3]
        return None

    def run_udevadm(self, words: list[str], stdin: str) -> None:
        if words[0] == "settle":
            for netdev in self.unsettled:
                self._rename(netdev, self._udev_name(netdev) or netdev.name)
            self.unsettled.clear()
            self.changed()

    def run_modprobe(self, words: list[str], stdin: str) -> None: ...

    def run_systemctl(self, words: list[str], stdin: str) -> None:
        action, *units = [w for w in words if not w.startswith("--")]
        for unit in units:
            if "switch" in unit and self.ovs is None:
                raise ValueError(f"Unit {unit} not found")
            if action == "enable":
                self.files[f"/etc/systemd/system/multi-user.target.wants/{unit}"] = ""
            if unit.startswith("openvswitch"):
                self.ovs_running = True
                self.files["/run/openvswitch/db.sock"] = ""
            if unit.startswith(("openvswitch", "ovs-vswitchd")) and self.ovs:
                self.ovs.restart()

    def run_ovs_vsctl(self, words: list[str], stdin: str) -> str:
        if self.ovs is None:
            raise FileNotFoundError("ovs-vsctl: not installed")
        if not self.ovs_running:
            raise ValueError("database connection failed")
        output = self.ovs.run(words)
        for name in self.ovs.bridges:
            if name not in self.netdevs:
                self.netdevs[name] = Netdev(name, "ca:00:00:00:00:01", "openvswitch")
        for name in [n for n, d in self.netdevs.items() if d.kind == "openvswitch"]:
            if name not in self.ovs.bridges:
                del self.netdevs[name]
        return output

    def run_mstconfig(self, words: list[str], stdin: str) -> str | None:
        if self.firmware is None:
            raise FileNotFoundError("mstconfig: not installed")
        if words[-1] == "query":
            head = "Device type:    ConnectX6\nConfigurations:  Default  Current  Next Boot\n"
            rows = (
                f"{'*' if now != later else ' '}   {name}   0   {now}   {later}"
                for name, (now, later) in self.firmware.items()
            )
            return head + "\n".join(rows)
        for setting in words[words.index("set") + 1 :]:
            name, _, value = setting.partition("=")
            self.firmware[name][1] = value
        return None
