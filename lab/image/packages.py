"""What is in the image, and what waits in its own apt repository."""

RELEASE = "trixie"

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

APT_OPTIONS = ('Acquire::Languages "none"', 'APT::Install-Recommends "false"')
DPKG_OPTIONS = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/locale/*",
    "force-unsafe-io",
)
