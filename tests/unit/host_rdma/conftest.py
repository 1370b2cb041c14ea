"""A stand-in host for RDMA: a fake sysfs and configfs, and commands that act on it.

Nothing of this is a real NIC: ``rdma``, ``dcb``, ``mlnx_qos``, ``apt-get`` and ``dpkg`` are
stand-ins.
"""

import json
import os

import pytest
from ansible.module_utils.system import CommandError, Output, System

IB = "/sys/class/infiniband"
CONFIGFS = "/sys/kernel/config/rdma_cm"


class StandInRdmaHost(System):
    def __init__(self, root):
        super().__init__(str(root))
        self.ran = []
        self.routes = {"get": [], "show": []}
        self.memlock = "8388608"
        self.ports = {}
        self.put("/etc/os-release", 'ID=debian\nVERSION_ID="13"\n')
        self.put("/var/lib/dpkg/status", "")
        self.put("/sys/class/dmi/id/sys_vendor", "QEMU")
        os.makedirs(self.path(CONFIGFS))
        os.makedirs(self.path(IB))

    def put(self, path, text=""):
        self.write_file(path, text)

    def netdev(self, name, address="10.0.0.1", lower=(), vlan=False, pci=None, driver=None):
        base = f"/sys/class/net/{name}"
        self.put(
            f"{base}/uevent", f"DEVTYPE=vlan\nINTERFACE={name}" if vlan else f"INTERFACE={name}"
        )
        self.put(f"{base}/ipv4", address)
        for below in lower:
            os.makedirs(self.path(f"{base}/lower_{below}"))
            os.makedirs(self.path(f"/sys/class/net/{below}/upper_{name}"))
        if pci:
            device = f"/sys/devices/pci0000:00/{pci}"
            os.makedirs(self.path(f"{device}/net/{name}"))
            os.makedirs(self.path("/sys/bus/pci/devices"), exist_ok=True)
            os.symlink(self.path(device), self.path(f"{base}/device"))
            os.symlink(self.path(device), self.path(f"/sys/bus/pci/devices/{pci}"))
            os.makedirs(self.path(f"/sys/bus/pci/drivers/{driver}"), exist_ok=True)
            os.symlink(self.path(f"/sys/bus/pci/drivers/{driver}"), self.path(f"{device}/driver"))

    def device(self, name, netdevs, native_on=None):
        """An RDMA device with a GID for each interface, RoCE v1 and v2."""
        base = f"{IB}/{name}/ports/1"
        index = 0
        for netdev in netdevs:
            octets = [int(n) for n in self.read(f"/sys/class/net/{netdev}/ipv4").split(".")]
            ipv4 = "0000:0000:0000:0000:0000:ffff:{:02x}{:02x}:{:02x}{:02x}".format(*octets)
            local = "fe80:0000:0000:0000:0000:0000:0000:0001"
            for gid, kind in ((local, "RoCE v2"), (ipv4, "IB/RoCE v1"), (ipv4, "RoCE v2")):
                self.put(f"{base}/gids/{index}", gid)
                self.put(f"{base}/gid_attrs/types/{index}", kind)
                self.put(f"{base}/gid_attrs/ndevs/{index}", netdev)
                index += 1
        for empty in range(index, index + 20):
            self.put(f"{base}/gids/{empty}", "0000:0000:0000:0000:0000:0000:0000:0000")
        if native_on:
            os.makedirs(self.path(f"/sys/class/net/{native_on}/device/infiniband/{name}"))
            os.makedirs(self.path(f"{IB}/{name}/device"))
        else:
            self.put(f"{IB}/{name}/parent", netdevs[0])

    def write_attribute(self, path, value):
        if path.startswith(CONFIGFS):
            # configfs makes the port's files with the folder
            os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        super().write_attribute(path, value)

    def run(self, *argv, check=True, timeout=120, stdin=None):
        self.ran.append(" ".join(argv))
        name = (
            argv[1 + (argv[1] if argv[0] == "env" else "").count("=")]
            if argv[0] == "env"
            else argv[0]
        )
        answer = getattr(self, "_" + name.replace("-", "_"))(argv)
        output = answer if isinstance(answer, Output) else Output(0, answer or "", "")
        if check and output.status:
            raise CommandError(f"`{' '.join(argv)}` failed ({output.status}): {output.stderr}")
        return output

    def _rdma(self, argv):
        verb, name = argv[2], argv[3]
        if verb == "delete":
            import shutil

            shutil.rmtree(self.path(f"{IB}/{name}"))
            return None
        netdev = argv[-1]
        uevent = self.read(f"/sys/class/net/{netdev}/uevent")
        taken = [d for d in self.list(IB) if self.read(f"{IB}/{d}/parent") == netdev]
        if "DEVTYPE=vlan" in uevent or taken:
            return Output(1, "", "error: Operation not permitted")
        above = [n[6:] for n in self.list(f"/sys/class/net/{netdev}") if n.startswith("upper_")]
        self.device(name, [netdev, *above])
        return None

    def _systemctl(self, argv):
        if argv[1] == "daemon-reload":
            for path in self.glob("/etc/systemd/system.conf.d/*.conf"):
                self.memlock = self.read(path).rpartition("=")[2]
        if argv[1] == "enable":
            self.put(f"/etc/systemd/system/multi-user.target.wants/{argv[2]}")
        return f"DefaultLimitMEMLOCK={self.memlock}\n" if argv[1] == "show" else ""

    def _modprobe(self, argv):
        return None

    def _modinfo(self, argv):
        return "NEW\n"

    def _ip(self, argv):
        return json.dumps([{"dev": dev} for dev in self.routes[argv[argv.index("route") + 1]]])

    def _apt_get(self, argv):
        if "install" in argv:
            text = self.read("/var/lib/dpkg/status")
            for name in argv[argv.index("--no-install-recommends") + 1 :]:
                text += f"\n\nPackage: {name}\nStatus: install ok installed\nVersion: 1"
            self.put("/var/lib/dpkg/status", text)

    def _dpkg(self, argv):
        text = "\n\nPackage: doca-host\nStatus: install ok installed\nVersion: 3.1.0-1"
        self.put("/var/lib/dpkg/status", self.read("/var/lib/dpkg/status") + text)

    def _dcb(self, argv):
        """A stand-in that keeps what it is told, as mlx5 does: a DSCP entry means trust dscp."""
        words = [a for a in argv[1:] if a not in ("-N", "-j")]
        what, verb, port, rest = words[0], words[1], words[3], words[4:]
        state = self.ports.setdefault(
            port, {"dcbx": {"lld_managed": True}, "app": {}, "pfc": [False] * 8, "buffer": [0] * 8}
        )
        if verb == "show":
            return json.dumps(
                {
                    "dcbx": state["dcbx"],
                    "app": {"dscp_prio": [list(i) for i in state["app"].items()]},
                    "pfc": {"pfc_cap": 8, "prio_pfc": state["pfc"]},
                    "buffer": {"buffer_size": state["buffer"]},
                }[what]
            )
        if what == "dcbx":
            state["dcbx"] = dict.fromkeys(rest, True)
        elif what == "app" and verb == "flush":
            state["app"] = {}
        elif what == "app":
            dscp, priority = rest[1].split(":")
            state["app"][int(dscp)] = int(priority)
        elif what == "pfc":
            on = {int(r.split(":")[0]) for r in rest[2:]}
            state["pfc"] = [n in on for n in range(8)]
        elif what == "buffer":
            state["buffer"] = [int(r.split(":")[1]) for r in rest[1:]]
        return None

    def _mlnx_qos(self, argv):
        """A stand-in for the vendor's tool; its text is written after the tool's manual."""
        state = self.ports.setdefault(
            argv[2], {"mode": "Firmware Controlled", "trust": "pcp", "dscp": {}, "pfc": "0" * 8}
        )
        if len(argv) > 3:
            option, value = argv[3], argv[4]
            if option == "-d":
                state["mode"] = "OS controlled"
            elif option == "--trust":
                state["trust"] = value
            elif option == "--pfc":
                state["pfc"] = value.replace(",", "")
            elif option == "--dscp2prio":
                _, dscp, priority = value.split(",")
                state["dscp"][dscp] = priority
            return None
        mapped = "".join(f"\tprio:{p} dscp:{d},\n" for d, p in state["dscp"].items())
        return (
            f"DCBX mode: {state['mode']}\nPriority trust state: {state['trust']}\n"
            f"dscp2prio mapping:\n{mapped}"
            "Receive buffer size (bytes): 130944,130944,0,0,0,0,0,0,max_buffer_size=262016\n"
            "Cable len: 7\nPFC configuration:\n\tpriority    0   1   2   3   4   5   6   7\n"
            f"\tenabled     {'   '.join(state['pfc'])}   \n"
        )


@pytest.fixture
def new_host():
    """Makes stand-in hosts with the lab's interfaces at given folders."""

    def make(root):
        host = StandInRdmaHost(root)
        host.netdev("enp1s0f0", pci="0000:01:00.0", driver="igb")
        host.netdev("bond0", address="10.9.0.1", lower=["enp1s0f0"])
        host.netdev("bond0.100", address="10.10.0.1", lower=["bond0"], vlan=True)
        return host

    return make


@pytest.fixture
def host(tmp_path, new_host):
    return new_host(tmp_path)
