"""A machine's identity, given as systemd credentials in its SMBIOS tables.

The image has no host name, no machine-id and no keys; systemd imports these at boot.
"""

import base64

from lab import keys
from lab.machine import Machine


def credentials(machine: Machine) -> dict[str, str]:
    """Names and values of the machine's systemd credentials."""
    return {
        "system.machine_id": machine.machine_id,
        "system.hostname": machine.name,
        f"lab.{machine.kind.name}": "",  # conditions of the image's units
        "tmpfiles.extra": tmpfiles(machine),
    }


def smbios(machine: Machine) -> list[str]:
    """QEMU's options which carry the credentials."""
    options = []
    for name, value in credentials(machine).items():
        coded = base64.b64encode(value.encode()).decode()
        options += ["-smbios", f"type=11,value=io.systemd.credential.binary:{name}={coded}"]
    return options


def tmpfiles(machine: Machine) -> str:
    """tmpfiles.d lines which write the machine's files unless they are there."""
    host_key = keys.private(machine.name).read_text()
    files = [
        ("/etc/hostname", "0644", f"{machine.name}\n"),
        ("/etc/ssh/ssh_host_ed25519_key", "0600", host_key),
        ("/etc/ssh/ssh_host_ed25519_key.pub", "0644", f"{keys.public(machine.name)}\n"),
        ("/root/.ssh/authorized_keys", "0600", f"{keys.public(keys.CLIENT)}\n"),
        ("/etc/systemd/network/10-management.network", "0644", management_network(machine)),
    ]
    lines = ["d /root/.ssh 0700 root root -"]
    for path, mode, text in files:
        lines.append(f"f~ {path} {mode} root root - {base64.b64encode(text.encode()).decode()}")
    return "\n".join(lines) + "\n"


def management_network(machine: Machine) -> str:
    return (
        f"[Match]\nPermanentMACAddress={machine.management_mac}\n\n"
        f"[Network]\nAddress={machine.address}/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    )
