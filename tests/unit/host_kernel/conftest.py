"""A stand-in host: a tree of files and commands that behave as far as the tests need."""

import pytest
from ansible.module_utils.host_kernel.boot_loader import GRUB_CFG, GRUB_DEFAULTS
from ansible.module_utils.system import Output, System

KERNEL = "6.12.1-amd64"
POOL = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"


class StandInHost(System):
    """Files below a temporary root; ``update-grub``, ``modprobe`` and others are stand-ins."""

    def __init__(self, root):
        super().__init__(str(root))
        self.ran = []
        self.free_pages = 1000
        self.memlock = "8388608"
        self.failing = set()
        for path, text in {
            "/proc/cmdline": f"BOOT_IMAGE=/boot/vmlinuz-{KERNEL} root=UUID=1 ro quiet",
            "/proc/cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\n",
            "/proc/modules": "igb 123 0 - Live 0x0\n",
            "/proc/meminfo": "MemTotal:  8000000 kB\n",
            "/proc/sys/kernel/osrelease": KERNEL,
            "/proc/sys/kernel/random/boot_id": "boot-1",
            "/proc/sys/net/core/rmem_max": "212992",
            "/proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456",
            "/proc/sys/vm/compact_memory": "",
            POOL: "0",
            f"/lib/modules/{KERNEL}/modules.builtin": "kernel/fs/ext4/ext4.ko\n",
            GRUB_DEFAULTS: 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX=""\n',
            "/usr/sbin/update-grub": "",
            GRUB_CFG: "",
        }.items():
            self.put(path, text)
        self._update_grub()
        self.boot("boot-1")

    def put(self, path, text):
        self.write_file(path, text)

    def write_attribute(self, path, value):
        if path.endswith("nr_hugepages"):
            value = str(min(int(value), self.free_pages))
        super().write_attribute(path, value)

    def run(self, *argv, check=True, timeout=120, stdin=None):
        self.ran.append(argv)
        if argv[0] in self.failing:
            raise RuntimeError(f"{argv[0]} failed")
        answer = {
            "update-grub": self._update_grub,
            "modprobe": lambda: self._modprobe(argv[-1]),
            "systemctl": lambda: self._systemctl(argv),
        }[argv[0]]()
        return Output(0, answer or "", "")

    def boot(self, boot_id):
        """What a reboot does to the tree: the first entry's arguments, no loaded modules."""
        entry = next(
            line for line in self.read(GRUB_CFG).splitlines() if line.startswith("\tlinux")
        )
        self.put("/proc/cmdline", entry.split(None, 1)[1])
        self.put("/proc/sys/kernel/random/boot_id", boot_id)
        if "/" not in boot_id and self.exists("/etc/modules-load.d/slipway.conf"):
            for name in self.read("/etc/modules-load.d/slipway.conf").splitlines():
                if not name.startswith("#"):
                    self._modprobe(name)

    def _update_grub(self):
        words = []
        for path in [GRUB_DEFAULTS, *self.glob("/etc/default/grub.d/*.cfg")]:
            for line in self.read(path).splitlines():
                if line.startswith("GRUB_CMDLINE"):
                    words += line.partition("=")[2].strip('"').split()
        line = " ".join(w for w in words if not w.startswith("$"))
        self.put(
            GRUB_CFG,
            "### BEGIN /etc/grub.d/10_linux ###\n"
            f"\tlinux\t/boot/vmlinuz-{KERNEL} root=UUID=1 ro {line}\n"
            f"\tlinux\t/boot/vmlinuz-{KERNEL} root=UUID=1 ro single {line}\n"
            "### END /etc/grub.d/10_linux ###\n"
            "### BEGIN /etc/grub.d/30_os-prober ###\n"
            "\tlinux\t/boot/vmlinuz-other root=UUID=2 ro\n"
            "### END /etc/grub.d/30_os-prober ###\n",
        )

    def _modprobe(self, name):
        name = name.replace("-", "_")  # as the kernel shows it
        self.put("/proc/modules", f"{self.read('/proc/modules')}\n{name} 1 0 - Live 0x0\n")

    def _systemctl(self, argv):
        if argv[1] == "daemon-reload":
            for path in self.glob("/etc/systemd/system.conf.d/*.conf"):
                self.memlock = self.read(path).rpartition("=")[2]
        return f"DefaultLimitMEMLOCK={self.memlock}\n" if argv[1] == "show" else ""


@pytest.fixture
def host(tmp_path):
    return StandInHost(tmp_path)


@pytest.fixture
def new_host():
    """Makes stand-in hosts at given folders."""
    return StandInHost
