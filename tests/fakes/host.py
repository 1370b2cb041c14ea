"""A host with a dual-port NIC: its kernel's behaviour as far as the engine can tell.

VFs appear some time after they are asked for; drivers refuse VFs while autoprobe is off;
a change of eswitch mode takes the port down and makes representors; mlx5's LAG forms only
when a member changes while both eswitches are in switchdev and no VF has a driver.
"""

from __future__ import annotations

import fnmatch
import re

from fakes.memory import Link, MemorySystem
from fakes.model import Bond, Function, Netdev, Simulated, vf_address

PCI = "/sys/bus/pci/devices"
SIM = "/sys/bus/netdevsim/devices"
RULES = "/etc/udev/rules.d/70-slipway-datapath.rules"
VF_DRIVERS = {"mlx5_core": "mlx5_core", "igb": "igbvf"}


class KernelHost(MemorySystem):
    """Kernel state and what the kernel makes of writes; commands are in ``commands.py``."""

    def __init__(self) -> None:
        super().__init__()
        self.netdevs: dict[str, Netdev] = {}
        self.functions: dict[str, Function] = {}
        self.simulated: dict[str, Simulated] = {}
        self.bonds: dict[str, Bond] = {}
        self.switch_has_lacp = True
        self.lag_active = False
        self.lag_mode = "hash"
        self.lag_type = "switchdev"
        self.lag_mapping = "1\n2"
        self.appear_after = 1
        self._reads = 0
        self._names = 0

    # time passes with every look at a folder of VFs

    def exists(self, path: str) -> bool:
        if "/virtfn" in path:
            self._let_vfs_appear()
        return super().exists(path)

    def _let_vfs_appear(self) -> None:
        self._reads += 1
        if self._reads % (self.appear_after + 1):
            return
        for function in list(self.functions.values()):
            if function.shown < function.numvfs:
                self._make_vf(function, function.shown)
                function.shown += 1
                self.changed()

    def _make_vf(self, pf: Function, index: int) -> None:
        address = vf_address(pf, index)
        self.functions[address] = Function(
            address,
            None,
            physfn=pf.address,
            index=index,
            iommu_group=str(100 + len(self.functions)),
        )
        if pf.mode == "switchdev":
            self._make_representor(pf.address, pf, index)
        if pf.autoprobe == "1":
            self.bind(self.functions[address], VF_DRIVERS[str(pf.driver)])

    def bind(self, vf: Function, driver: str) -> None:
        """A driver takes a VF; the kernel's own make an interface."""
        vf.driver = driver
        if "vfio" not in driver:
            pf = self.functions[str(vf.physfn)]
            mac = pf.macs.get(vf.index) or f"06:00:00:00:00:{len(self.netdevs):02x}"
            self.add_netdev(Netdev("", mac, parent=vf.address))

    def add_netdev(self, netdev: Netdev) -> Netdev:
        """An interface appears and udev gives it its name."""
        self._names += 1
        kernel_name = netdev.name or f"eth{self._names}"
        netdev.name = kernel_name
        netdev.name = self._udev_name(netdev) or kernel_name
        self.netdevs[netdev.name] = netdev
        self.changed()
        return netdev

    def _udev_name(self, netdev: Netdev) -> str | None:
        for line in str(self.files.get(RULES, "")).splitlines():
            if not line.startswith("KERNELS"):
                continue
            wanted = dict(re.findall(r'([\w{}]+)=="([^"]*)"', line))
            facts = {
                "KERNELS": netdev.parent,
                "ATTR{phys_switch_id}": netdev.phys_switch_id,
                "ATTR{phys_port_name}": netdev.phys_port_name,
            }
            if all(
                facts[k] is not None and fnmatch.fnmatch(facts[k], v) for k, v in wanted.items()
            ):
                name = re.search(r' NAME="([^"]*)"', line)
                return name.group(1) if name and name.group(1) not in self.netdevs else None
        return None

    def remove_netdevs(self, parent: str, representors: bool = False) -> None:
        for name, netdev in list(self.netdevs.items()):
            if netdev.parent == parent and representors == ("vf" in (netdev.phys_port_name or "")):
                del self.netdevs[name]

    def port_netdev(self, parent: str) -> Netdev:
        return next(
            n
            for n in self.netdevs.values()
            if n.parent == parent and "vf" not in (n.phys_port_name or "")
        )

    def write_kernel(self, path: str, value: str) -> None:
        if path == "/sys/bus/pci/drivers_probe":
            self._probe(self.functions[value])
            return
        folder, _, name = path.rpartition("/")
        if folder.startswith("/sys/class/net/") and "/compat/" in folder:
            parent = self.netdevs[folder.split("/")[4]].parent
            self.functions[str(parent)].params["compat"] = value
        elif name == "sriov_numvfs" and folder.startswith(PCI):
            self._set_numvfs(self.functions[folder.rpartition("/")[2]], int(value))
        elif name == "sriov_numvfs":
            self._set_simulated(self.simulated[folder.rpartition("/")[2]], int(value))
        elif name == "sriov_drivers_autoprobe":
            self.functions[folder.rpartition("/")[2]].autoprobe = value
        elif name == "driver_override":
            self.functions[folder.rpartition("/")[2]].override = value
        elif name == "unbind":
            vf = self.functions[value]
            vf.driver = None
            self.remove_netdevs(value)
        else:
            raise PermissionError(path)

    def _probe(self, vf: Function) -> None:
        pf = self.functions[str(vf.physfn)]
        # as pci_device_can_probe(): nothing binds, and nobody is told
        if vf.driver is None and (pf.autoprobe == "1" or vf.override):
            self.bind(vf, vf.override or VF_DRIVERS[str(pf.driver)])

    def _set_numvfs(self, pf: Function, count: int) -> None:
        if count == pf.numvfs:
            return
        if count and pf.numvfs:
            raise OSError(16, "Device or resource busy")
        if count > pf.total:
            raise OSError(34, "Numerical result out of range")
        if not count:
            for vf in [f for f in self.functions.values() if f.physfn == pf.address]:
                self.remove_netdevs(vf.address)
                del self.functions[vf.address]
            self.remove_netdevs(pf.address, representors=True)
            pf.shown, pf.macs = 0, {}
        pf.numvfs = count

    def _set_simulated(self, device: Simulated, count: int) -> None:
        if count and device.numvfs:
            raise OSError(16, "Device or resource busy")
        if not count:
            self.remove_netdevs(device.name, representors=True)
        device.numvfs = count
        if device.mode == "switchdev":
            self._make_simulated_representors(device)

    def set_mode(self, handle: str, mode: str) -> None:
        """devlink's eswitch mode."""
        bus, _, name = handle.partition("/")
        device = self.functions[name] if bus == "pci" else self.simulated[name]
        if device.mode == mode:
            return
        device.mode = mode
        self.remove_netdevs(name, representors=True)
        if isinstance(device, Simulated):
            for netdev in self.netdevs.values():
                if netdev.parent == name:
                    netdev.phys_switch_id = "aa55" if mode == "switchdev" else None
            if mode == "switchdev":
                self._make_simulated_representors(device)
            return
        port = self.port_netdev(name)
        port.up, port.offload = False, "off"
        port.phys_switch_id = "e8ebd3" if mode == "switchdev" else None
        if mode == "switchdev":
            for index in range(device.shown):
                self._make_representor(name, device, index)
        self.lag_active = False

    def _make_representor(self, parent: str, pf: Function, index: int) -> None:
        name = f"pf{parent[-1]}vf{index}"
        mac = f"0a:00:00:00:{int(parent[-1])}0:{index:02x}"
        self.add_netdev(Netdev("", mac, None, parent, name, "e8ebd3", offload="on"))

    def _make_simulated_representors(self, device: Simulated) -> None:
        for index in range(device.numvfs):
            mac = f"0a:00:00:00:00:{index:02x}"
            self.add_netdev(Netdev("", mac, None, device.name, f"pf0vf{index}", "aa55"))

    # bond and LAG

    def members(self, bond: str) -> list[str]:
        return [n.name for n in self.netdevs.values() if n.master == bond]

    def member_changed(self) -> None:
        """The kernel looks at mlx5's LAG again."""
        ports = [f for f in self.functions.values() if f.physfn is None and f.driver == "mlx5_core"]
        if not ports:
            return
        masters = {self.port_netdev(p.address).master for p in ports}
        free = not any(f.driver for f in self.functions.values() if f.physfn)
        # by membership alone: a member without a link only changes the mapping
        ready = None not in masters and len(masters) == 1
        ready = ready and {p.mode for p in ports} == {"switchdev"}
        if not ready:
            self.lag_active = False
        elif free:
            self.lag_active = True

    def kernel_tree(self) -> dict[str, str | Link]:
        tree: dict[str, str | Link] = {"/sys/bus/pci/drivers_probe": ""}
        for function in self.functions.values():
            tree.update(self._function_tree(function))
        for device in self.simulated.values():
            tree[f"{SIM}/{device.name}/sriov_numvfs"] = str(device.numvfs)
            tree[f"{SIM}/{device.name}/driver"] = Link("../../bus/netdevsim/drivers/netdevsim")
            debugfs = f"/sys/kernel/debug/netdevsim/{device.name}"
            tree[f"{debugfs}/max_vfs"] = str(device.max_vfs)
        for netdev in self.netdevs.values():
            base = f"/sys/class/net/{netdev.name}"
            tree[f"{base}/address"] = netdev.mac
            if netdev.phys_switch_id:
                tree[f"{base}/phys_switch_id"] = netdev.phys_switch_id
            for folder in (PCI, SIM):
                known = self.functions if folder == PCI else self.simulated
                if netdev.parent in known:
                    tree[f"{folder}/{netdev.parent}/net/{netdev.name}/ifindex"] = "1"
        for name, bond in self.bonds.items():
            tree.update(self._bond_tree(name, bond))
        return tree

    def _function_tree(self, function: Function) -> dict[str, str | Link]:
        base = f"{PCI}/{function.address}"
        tree: dict[str, str | Link] = {
            f"{base}/device": function.device_id,
            f"{base}/driver_override": function.override or "(null)",
        }
        if function.driver:
            tree[f"{base}/driver"] = Link(f"/sys/bus/pci/drivers/{function.driver}")
            tree[f"/sys/bus/pci/drivers/{function.driver}/unbind"] = ""
        if function.iommu_group:
            tree[f"{base}/iommu_group"] = Link(f"/sys/kernel/iommu_groups/{function.iommu_group}")
        if function.physfn:
            return tree
        for key in ("total", "num"):
            value = function.total if key == "total" else function.numvfs
            tree[f"{base}/sriov_{key}vfs"] = str(value)
        tree[f"{base}/sriov_offset"] = str(function.offset)
        tree[f"{base}/sriov_stride"] = str(function.stride)
        tree[f"{base}/sriov_drivers_autoprobe"] = function.autoprobe
        for index in range(function.shown):
            tree[f"{base}/virtfn{index}"] = Link(f"{PCI}/{vf_address(function, index)}")
        if "compat" in function.params:
            name = self.port_netdev(function.address).name
            path = f"/sys/class/net/{name}/compat/devlink/lag_port_select_mode"
            tree[path] = function.params["compat"]
        if function.driver == "mlx5_core":
            lag = f"/sys/kernel/debug/mlx5/{function.address}/lag"
            tree[f"{lag}/state"] = "active" if self.lag_active else "disabled"
            if self.lag_active:
                tree[f"{lag}/type"] = self.lag_type
                tree[f"{lag}/port_sel_mode"] = self.lag_mode
                tree[f"{lag}/mapping"] = self.lag_mapping
        return tree

    def _bond_tree(self, name: str, bond: Bond) -> dict[str, str | Link]:
        base = f"/sys/class/net/{name}/bonding"
        tree: dict[str, str | Link] = {f"{base}/{k}": f"{v} 0" for k, v in bond.options.items()}
        members = self.members(name)
        tree[f"{base}/slaves"] = " ".join(members)
        lacp = self.switch_has_lacp and bond.options["mode"] == "802.3ad"
        partner = "aa:e2:f8:54:4a:44" if lacp and members else "00:00:00:00:00:00"
        lines = ["MII Status: up", "Active Aggregator Info:", "\tAggregator ID: 1"]
        lines.append(f"\tPartner Mac Address: {partner}")
        for number, member in enumerate(members):
            state = "up" if self.netdevs[member].up else "down"
            aggregator = 1 if lacp else number + 1
            lines += ["", f"Slave Interface: {member}", f"MII Status: {state}"]
            lines += [f"Aggregator ID: {aggregator}", "details partner lacp pdu:"]
            lines.append(f"    system mac address: {partner}")
        tree[f"/proc/net/bonding/{name}"] = "\n".join(lines)
        return tree
