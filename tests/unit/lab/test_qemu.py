from itertools import pairwise
from pathlib import Path

import pytest

from lab import qemu
from lab.machine import Machine

pytestmark = pytest.mark.usefixtures("fake_keys")
FILES = qemu.Files(Path("/instance/host-1"), Path("/run/x"))


def devices(argv):
    return [value for option, value in pairwise(argv) if option == "-device"]


def test_both_ports_are_functions_of_one_slot():
    ports = [each for each in devices(qemu.nic(Machine.named("host-1"))) if each.startswith("igb")]
    assert [port.split(",")[2:4] for port in ports] == [
        ["bus=slot1", "addr=0x0.0x0"],
        ["bus=slot1", "addr=0x0.0x1"],
    ]
    assert "multifunction=on" in ports[0]
    assert "x-pcie-ari-nextfn-1=on" in ports[0]


def test_switchdev_machine_has_no_card():
    assert qemu.nic(Machine.named("switchdev-1")) == []


def test_hardware_says_nothing_about_an_instance():
    """A saved state's key is made from it."""
    text = " ".join(qemu.hardware(Machine.named("host-1"), kvm=False))
    for word in ("/instance", "/run", "ifname", "file="):
        assert word not in text


def test_a_guest_of_the_cloud_gets_nothing_of_the_labs_identity():
    machine = Machine.named("host-9")
    own = qemu.hardware(machine, kvm=False, identity=False)
    assert "-smbios" not in own and own == qemu.hardware(machine, kvm=False)[: len(own)]


def test_every_port_has_a_tap_without_virtual_headers():
    text = " ".join(qemu.wiring(Machine.named("host-1"), FILES))
    for port in ("p0", "p1"):
        assert f"id={port},ifname=host-1-{port},script=no,downscript=no,vnet_hdr=off" in text
    assert "vnet_hdr" not in text.split("id=p0")[0]


def test_kvm_only_with_the_cpu_flags(monkeypatch):
    machine = Machine.named("host-1")
    assert "tcg,thread=multi,tb-size=192" in qemu.hardware(machine, kvm=False)
    assert "kvm" in qemu.hardware(machine, kvm=True)
    monkeypatch.setattr(Path, "read_text", lambda self: "flags : fpu sse2")
    monkeypatch.setattr(Path, "exists", lambda self: True)
    assert not qemu.has_kvm()  # /dev/kvm alone is not enough
