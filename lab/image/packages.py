"""What is in the images, and what waits in their own apt repository."""

from dataclasses import dataclass

RELEASE = "trixie"
BACKPORTS = f"{RELEASE}-backports"

# A bare server: what an installer leaves, and what Ansible needs to begin.
INSTALLED = (
    "linux-image-amd64 initramfs-tools lz4 grub-pc-bin grub2-common "
    "systemd systemd-sysv udev dbus kmod procps iproute2 iputils-ping netbase "
    "openssh-server python3 python3-apt less tcpdump"
).split()

# Dependencies of what the roles install; their own installation takes 15 s in emulation.
PREINSTALLED = "uuid-runtime openssl".split()

# Hosts have no internet: the roles install these, with dependencies, from file:/srv/apt.
REPOSITORY = (
    "openvswitch-switch rdma-core ibverbs-providers ibverbs-utils rdmacm-utils perftest "
    "infiniband-diags mstflint iperf3 ethtool pciutils netplan.io network-manager "
    "lldpd netcat-openbsd socat jq strace"
).split()

# What pods need of a node, as node containers have it; RDMA's own installation takes a minute in
# emulation.
NODE = (
    "ca-certificates runc nftables iptables conntrack ethtool socat rdma-core ibverbs-providers "
    "ibverbs-utils rdmacm-utils perftest infiniband-diags"
).split()


@dataclass(frozen=True)
class Variant:
    """One image.

    installed   packages; NAME/SUITE where another suite than the release has the newer one.
    backports   whether the release's backports are among the sources.
    modules     the lab's own, built for the image's kernel (lab/image/modules.py).
    """

    name: str
    installed: tuple[str, ...]
    backports: bool = False
    modules: tuple[str, ...] = ("igb",)

    @property
    def suite(self) -> str:
        """Where its kernel is from."""
        return BACKPORTS if self.backports else RELEASE

    @property
    def include(self) -> list[str]:
        return [*self.installed, *PREINSTALLED]


VARIANTS = {
    each.name: each
    for each in (
        Variant("host", tuple(INSTALLED), modules=("netdevsim", "igb")),
        # Soft-RoCE in a pod's own network needs a kernel newer than 6.12
        Variant(
            "worker",
            (f"linux-image-amd64/{BACKPORTS}", *INSTALLED[1:], *NODE),
            backports=True,
        ),
    )
}  # fmt: skip

APT_OPTIONS = ('Acquire::Languages "none"', 'APT::Install-Recommends "false"')
DPKG_OPTIONS = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/locale/*",
    "force-unsafe-io",
)
