import base64
import stat

import pytest

from lab import identity, keys
from lab.machine import Machine


@pytest.mark.usefixtures("fake_keys")
def test_tmpfiles_carry_name_keys_and_address():
    lines = identity.tmpfiles(Machine.named("host-1")).splitlines()
    files = {}
    for line in lines[1:]:
        kind, path, mode, _, _, _, text = line.split(" ")
        assert kind == "f~"
        files[path] = (mode, base64.b64decode(text).decode())
    assert files["/etc/hostname"] == ("0644", "host-1\n")
    assert files["/etc/ssh/ssh_host_ed25519_key"] == ("0600", "private host-1\n")
    assert files["/root/.ssh/authorized_keys"] == ("0600", "ssh-ed25519 AAAAclient\n")
    network = files["/etc/systemd/network/10-management.network"][1]
    assert "Address=192.168.77.11/24" in network
    assert "PermanentMACAddress=52:54:00:77:00:11" in network


@pytest.mark.usefixtures("fake_keys")
def test_credentials_name_the_kind():
    assert "lab.switchdev" in identity.credentials(Machine.named("switchdev-1"))
    assert "lab.switchdev" not in identity.credentials(Machine.named("host-1"))


def test_keys_are_private_and_made_once(cache):
    first = keys.private("host-1")
    text = first.read_text()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700
    assert keys.private("host-1").read_text() == text
    assert keys.public("host-1").startswith("ssh-ed25519 ")
    assert not list(first.parent.glob(".*"))
