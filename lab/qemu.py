"""QEMU's command line for a machine."""

from dataclasses import dataclass
from pathlib import Path

from lab.identity import smbios
from lab.machine import Machine


@dataclass(frozen=True)
class Files:
    """The host's side of one running machine: what differs between instances."""

    home: Path  # disk, pid file, serial log
    sockets: Path

    @property
    def disk(self) -> Path:
        return self.home / "disk.qcow2"

    @property
    def pid(self) -> Path:
        return self.home / "qemu.pid"

    @property
    def serial_log(self) -> Path:
        return self.home / "serial.log"

    def qmp(self, name: str) -> Path:
        return self.sockets / f"{name}.qmp"

    def console(self, name: str) -> Path:
        return self.sockets / f"{name}.console"


def has_kvm() -> bool:
    """A /dev/kvm without vmx or svm hangs ordinary kernels, so the CPU's flags decide."""
    flags = Path("/proc/cpuinfo").read_text().split()
    return ("vmx" in flags or "svm" in flags) and Path("/dev/kvm").exists()


def command(machine: Machine, files: Files, *, kvm: bool) -> list[str]:
    """The whole command line; its first part is the same in every instance."""
    return [*hardware(machine, kvm=kvm), *wiring(machine, files)]


def hardware(machine: Machine, *, kvm: bool, identity: bool = True) -> list[str]:
    """What the guest sees: part of a saved state's key. identity: the lab's, in SMBIOS tables."""
    return [
        *("qemu-system-x86_64", "-name", machine.name),
        *("-nodefaults", "-no-user-config", "-display", "none"),
        *("-machine", "q35,kernel-irqchip=split"),
        *(("-accel", "kvm", "-cpu", "host") if kvm else ("-accel", "tcg,thread=multi,tb-size=192")),
        *(() if kvm else ("-cpu", "Nehalem")),
        *("-smp", f"{machine.kind.cpus}", "-m", f"{machine.kind.memory_mib}M", "-rtc", "base=utc"),
        *("-device", "intel-iommu,intremap=on,caching-mode=on"),
        *("-device", "virtio-blk-pci,drive=disk,addr=0x2"),
        *("-device", f"virtio-net-pci,netdev=management,mac={machine.management_mac},addr=0x3"),
        *("-device", "virtio-rng-pci,addr=0x4", "-device", "isa-serial,chardev=console"),
        *nic(machine),
        *(smbios(machine) if identity else ()),
    ]


def nic(machine: Machine) -> list[str]:
    """One dual-port 82576: both ports are functions of one slot, as on the real card.

    The ARI capability of function 0 has to name function 1, or Linux, which needs ARI
    for the VFs, does not look for it.
    """
    if not machine.kind.nic_ports:
        return []
    options = ["-device", "pcie-root-port,id=slot1,bus=pcie.0,addr=0x8,chassis=1,slot=1"]
    for port, mac in enumerate(machine.port_macs):
        first = ",multifunction=on,x-pcie-ari-nextfn-1=on" if port == 0 else ""
        options += [
            "-device",
            f"igb,id=port{port},bus=slot1,addr=0x0.{port:#x},netdev=p{port},mac={mac}{first}",
        ]
    return options


def wiring(machine: Machine, files: Files) -> list[str]:
    """Disk, taps and sockets of this instance."""
    taps = {"management": machine.management_tap}
    taps |= {f"p{port}": tap for port, tap in enumerate(machine.port_taps)}
    options = []
    for netdev, tap in taps.items():
        raw = "" if netdev == "management" else ",vnet_hdr=off"  # the switch reads these raw
        options += ["-netdev", f"tap,id={netdev},ifname={tap},script=no,downscript=no{raw}"]
    console = f"socket,id=console,path={files.console(machine.name)},server=on,wait=off"
    return [
        *options,
        *("-drive", f"id=disk,if=none,file={files.disk},cache=unsafe,discard=unmap"),
        *("-chardev", f"{console},logfile={files.serial_log},logappend=on"),
        *("-qmp", f"unix:{files.qmp(machine.name)},server=on,wait=off"),
        *("-pidfile", str(files.pid), "-daemonize"),
    ]
