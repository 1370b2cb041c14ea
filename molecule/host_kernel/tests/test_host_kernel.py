"""The kernel of a lab host, asked from outside."""


def test_command_line_is_in_effect(host):
    running = host.file("/proc/cmdline").content_string.split()
    assert {"intel_iommu=on", "iommu=pt"} <= set(running)


def test_command_line_is_configured_beside_the_hosts_own(host):
    entries = [
        line
        for line in host.file("/boot/grub/grub.cfg").content_string.splitlines()
        if line.split()[:1] == ["linux"]
    ]
    assert entries
    assert all({"intel_iommu=on", "iommu=pt", "quiet"} <= set(e.split()) for e in entries)
    if host.file("/etc/default/grub.d/50-host.cfg").exists:
        assert all("slipway.foreign=1" in e for e in entries)


def test_the_iommu_translates(host):
    # the lab's machines have an emulated Intel IOMMU
    assert host.file("/sys/class/iommu").listdir()
    assert host.file("/sys/kernel/iommu_groups").listdir()


def test_modules(host):
    loaded = {line.split()[0] for line in host.file("/proc/modules").content_string.splitlines()}
    assert {"bonding", "8021q", "ext4"} <= loaded


def test_hugepages(host):
    pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
    assert host.file(pool).content_string.strip() == "24"


def test_sysctl(host):
    assert host.sysctl("net.core.rmem_max") == 67108864
    assert host.check_output("sysctl -n net.ipv4.tcp_rmem").split() == ["4096", "87380", "33554432"]


def test_memlock_of_services(host):
    shown = host.check_output("systemctl show --property=DefaultLimitMEMLOCK")
    assert shown == "DefaultLimitMEMLOCK=infinity"
    started = host.check_output("systemd-run --pipe --quiet --wait sh -c 'ulimit -l'")
    assert started == "unlimited"


def test_no_failed_units(host):
    assert not host.check_output("systemctl list-units --state=failed --plain --no-legend")
