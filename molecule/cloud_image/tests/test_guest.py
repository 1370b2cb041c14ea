"""What a user of the image finds in a VM: names, MTU, key, limits, programs, and no password."""

import re

import pytest


def test_ports_have_the_models_names_and_mtu_and_the_others_the_images(vm):
    links = dict(re.findall(r"^\d+: (\S+): .*? mtu (\d+)", vm.check("ip -o link"), re.M))
    assert links.pop("storage") == "9000" and links.pop("lo")
    [(name, mtu)] = links.items()
    assert re.fullmatch(r"en[ps].*", name) and mtu == "1500"
    addresses = vm.check("ip -br -4 addr")
    assert re.search(rf"^{name} +UP +10\.7\.0\.", addresses, re.M)
    assert re.search(r"^storage +UP +10\.7\.1\.", addresses, re.M)


def test_the_names_stay_over_a_reboot(vm):
    before = vm.check("cat /proc/sys/kernel/random/boot_id")
    vm.run("sudo reboot")
    vm.wait(f"! grep -q {before} /proc/sys/kernel/random/boot_id && ip link show storage")
    vm.wait("cloud-init status --wait")
    assert "mtu 9000" in vm.check("ip link show storage")


def test_the_system_is_in_order(vm):
    assert vm.check("systemctl is-system-running --wait || systemctl --failed") == "running"
    assert vm.check("hostname") == "vm-1"
    assert int(vm.check("df --output=size -BG / | tail -1").strip(" G")) == 6  # it has grown
    assert "console=ttyS0" in vm.check("cat /proc/cmdline")
    assert "vm-1 login:" in vm.serial.read_text(errors="replace")


def test_locked_memory(vm):
    assert vm.check("bash -lc 'ulimit -l'") == "unlimited"
    assert vm.check("sudo systemd-run --quiet --wait --pipe sh -c 'ulimit -l'") == "unlimited"


@pytest.mark.parametrize(
    "program", ["ib_write_bw", "ibv_devinfo", "rping", "rdma", "mstflint", "ethtool", "mlxlink"]
)
def test_programs(vm, program):
    if program == "mlxlink":
        program = "mstlink"
    assert vm.check(f"sudo sh -c 'command -v {program}'")


def test_drivers(vm):
    for module in ("mlx5_ib", "rdma_rxe", "bonding"):
        assert vm.check(f"sudo modprobe --dry-run {module}; echo $?") == "0"
    vm.check("sudo rdma link add rxe0 type rxe netdev storage")
    assert "rxe0" in vm.check("ibv_devices")


def test_keys_only(vm):
    said = vm.check("sudo sshd -T")
    assert "passwordauthentication no" in said and "kbdinteractiveauthentication no" in said
    assert vm.check("sudo awk -F: '$2 !~ /^[!*]/' /etc/shadow") == ""
    assert vm.check("cat ~/.ssh/authorized_keys").count("ssh-") == 1


def test_what_the_kit_recorded_is_what_is_inside(vm, record):
    said = vm.check("dpkg-query --show --showformat '${Package} ${Version}\\n'")
    assert said.splitlines() == record["packages"]
    assert any(each.startswith("rdma-core ") for each in record["packages"])
