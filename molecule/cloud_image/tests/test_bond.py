"""A whole server's bond as Ironic's port group asks for it: with the lab's LACP switch."""

import subprocess

import pytest

from lab.machine import Machine

MACHINE = Machine.named("host-9")
ADDRESS, PEER = "10.9.0.11", "10.9.0.1"


@pytest.fixture(scope="module")
def peer(instance, metal):
    """An address on the switch itself."""

    def ip(*words):
        command = ["ip", "-n", instance.paths.netns, *words]
        subprocess.run(command, check=True, capture_output=True)

    ip("link", "set", "rack", "up", "mtu", "9000")
    ip("addr", "replace", f"{PEER}/24", "dev", "rack")
    return PEER


def test_mode_hash_and_lacp(instance, metal):
    said = metal.check("sudo cat /proc/net/bonding/bond0")
    assert "Bonding Mode: IEEE 802.3ad" in said
    assert "Transmit Hash Policy: layer3+4" in said
    assert "MII Polling Interval (ms): 100" in said
    assert said.count("Slave Interface: ") == 2 and "MII Status: down" not in said
    assert "Partner Mac Address: 00:00:00:00:00:00" not in said
    assert "Number of ports: 2" in said  # both in one aggregator
    shown = instance.switch.appctl("bond/show", MACHINE.name)
    assert shown.count(": enabled") == 2 and "lacp_status: negotiated" in shown


def test_addresses_mtu_and_names(metal):
    said = metal.check("ip -br addr show bond0")
    assert f"{ADDRESS}/24" in said and " UP " in said
    for link in ("bond0", "enp1s0f0", "enp1s0f1"):
        assert "mtu 9000" in metal.check(f"ip link show {link}")
    assert f"{MACHINE.address}/24" in metal.check("ip -br addr show enp0s3")
    assert metal.check("cat /sys/class/net/bond0/address") == MACHINE.port_macs[0]


def test_large_frames_pass(metal, peer):
    metal.check(f"ping -q -c 3 -i 0.2 -M do -s 8972 {peer}")


def test_it_is_the_same_after_a_reboot(instance, metal):
    before = metal.check("cat /proc/sys/kernel/random/boot_id")
    metal.run("sudo reboot")
    metal.wait(f"! grep -q {before} /proc/sys/kernel/random/boot_id")
    metal.wait("cloud-init status --wait")
    test_mode_hash_and_lacp(instance, metal)
    test_addresses_mtu_and_names(metal)


def test_the_system_is_in_order(metal):
    assert metal.check("systemctl is-system-running --wait || systemctl --failed") == "running"
    assert "iommu=pt" in metal.check("cat /proc/cmdline")
    assert metal.check("bash -lc 'ulimit -l'") == "unlimited"
