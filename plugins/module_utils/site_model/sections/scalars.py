"""Values with a form of their own: names, addresses, ranges, numbers of a VLAN."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from .base import fault

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_INTERFACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_PATTERN = re.compile(r"([A-Za-z0-9_.-]|\{port\}|\{vf\})*")
#: What the kernel's tools mean something else by.
_RESERVED = ("all", "default", "lo")
_PCI = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_TRAIT = re.compile(r"(CUSTOM|HW|COMPUTE|STORAGE|MISC|OWNER)_[A-Z0-9_]+")
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?")
INTERFACE_LENGTH = 15  # IFNAMSIZ without its final zero


def _form(pattern: re.Pattern[str], rule: str, what: str, fix: str, longest: int) -> Any:
    """A string type of one form."""

    def check(value: str) -> str:
        if not pattern.fullmatch(value) or len(value) > longest:
            raise fault(rule, f"{value!r} is not {what}", fix)
        return value

    schema = {"pattern": f"^{pattern.pattern}$", "maxLength": longest}
    return Annotated[str, AfterValidator(check), Field(json_schema_extra=schema)]


def _parsed(rule: str, parse: Callable[[str], Any], fix: str) -> Any:
    """A string type that must be readable by *parse* (ValueError says why not)."""

    def check(value: str) -> str:
        try:
            parse(value)
        except ValueError as error:
            raise fault(rule, str(error), fix) from None
        return value

    return Annotated[str, AfterValidator(check)]


def parse_range(text: str) -> tuple[Address, Address]:
    """First and last address of "A-B". ValueError says what is wrong."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not dash:
        raise ValueError(f"{text!r} is not of the form first-last")
    start, end = ipaddress.ip_address(first), ipaddress.ip_address(last)
    if start.version != end.version:
        raise ValueError(f"{text!r} mixes IPv4 and IPv6")
    if int(end) < int(start):
        raise ValueError(f"{text!r} ends before it starts")
    return start, end


def parse_vlan_range(text: str) -> tuple[int, int]:
    """First and last VLAN of "A-B". ValueError says what is wrong."""
    found = re.fullmatch(r"(\d{1,4})-(\d{1,4})", text)
    if not found:
        raise ValueError(f"{text!r} is not of the form first-last")
    first, last = int(found[1]), int(found[2])
    if not 1 <= first <= last <= 4094:
        raise ValueError(f"{text!r} is not a rising range within 1-4094")
    return first, last


def parse_port_range(text: str) -> tuple[int, int]:
    """First and last port of "A" or "A-B". ValueError says what is wrong."""
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last <= 65535:
        raise ValueError(f"{text!r} is neither a port nor a rising range within 1-65535")
    return first, last


def _interface(value: str) -> str:
    if not _INTERFACE.fullmatch(value):
        raise fault(
            "interface-name",
            f"{value!r} is not an interface name",
            "Use letters, digits, '_', '.', '-'.",
        )
    if value in _RESERVED:
        raise fault("interface-name", f"{value!r} means something else", "Choose another name.")
    if len(value) > INTERFACE_LENGTH:
        raise fault(
            "interface-length",
            f"{value!r} has {len(value)} characters, the kernel takes {INTERFACE_LENGTH}",
            f"Shorten it to at most {INTERFACE_LENGTH} characters.",
        )
    return value


def _pattern(value: str) -> str:
    if not _PATTERN.fullmatch(value) or "{port}" not in value or "{vf}" not in value:
        raise fault(
            "representor-pattern",
            f"{value!r} does not hold {{port}}, {{vf}} and else only what interface names may",
            'Write for example "{port}_{vf}".',
        )
    return value


def _subnet(value: str) -> Network:
    return ipaddress.ip_network(value)


def parse_cpu_set(text: str) -> set[int]:
    """The CPUs of a set such as "0-1,32-33"."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


Label = _form(
    _LABEL, "dns-label", "a DNS label",
    "Use lower-case letters, digits and inner hyphens, at most 63.", 63,
)  # fmt: skip
DomainName = _form(
    re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*"), "dns-name", "a DNS name",
    "Join DNS labels (lower-case letters, digits, inner hyphens) with dots.", 253,
)  # fmt: skip
Identifier = _form(
    re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), "group-name", "a group name Ansible takes",
    "Use letters, digits and '_', not starting with a digit.", 63,
)  # fmt: skip
ObjectName = _form(
    re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?"), "object-name", "a plain name",
    "Use letters, digits and inner '_', '.', '-', at most 63.", 63,
)  # fmt: skip
InterfaceName = Annotated[
    str, AfterValidator(_interface), Field(json_schema_extra={"maxLength": INTERFACE_LENGTH})
]
RepresentorPattern = Annotated[str, AfterValidator(_pattern)]
PciAddress = _form(
    _PCI, "pci-address", "a PCI address",
    'Write domain:bus:device.function in lower case and quotes, such as "0000:3b:00.0".', 12,
)  # fmt: skip
PciId = _form(
    re.compile(r"[0-9a-f]{4}"), "pci-id", "a PCI vendor or product id",
    'Write four hexadecimal digits in quotes, such as "15b3".', 4,
)  # fmt: skip
NetdevsimDevice = _form(
    re.compile(r"netdevsim/netdevsim[0-9]+"), "netdevsim-device", "a netdevsim device",
    'Write it as devlink does, such as "netdevsim/netdevsim10".', 40,
)  # fmt: skip
MacAddress = _form(
    _MAC, "mac-address", "a MAC address",
    'Write six pairs of hexadecimal digits in lower case and quotes, such as "02:00:00:00:00:01".',
    17,
)  # fmt: skip
Trait = _form(
    _TRAIT, "trait-name", "a trait Placement takes",
    "Start with CUSTOM_ and use upper-case letters, digits and '_'.", 255,
)  # fmt: skip
ResourceClass = _form(
    re.compile(r"[A-Za-z0-9_.-]+"), "resource-class", "a resource class",
    "Use letters, digits, '_', '.', '-'.", 80,
)  # fmt: skip
Quantity = _form(
    _QUANTITY, "quantity", "a Kubernetes quantity",
    'Write a number with a suffix, such as "500m", "64Gi" or "8".', 20,
)  # fmt: skip
UnitName = _form(
    re.compile(r"[A-Za-z0-9:_.\\@-]+\.(service|target|socket)"), "unit-name", "a systemd unit",
    "Write its full name, such as nova-compute.service.", 255,
)  # fmt: skip
KubernetesVersion = _form(
    re.compile(r"1\.[0-9]{2}\.[0-9]+"), "version", "a Kubernetes version",
    'Write all three numbers in quotes and without v, such as "1.36.3".', 12,
)  # fmt: skip
OpenStackRelease = _form(
    re.compile(r"20[0-9]{2}\.[12]"), "version", "a release of OpenStack",
    'Write year and number in quotes, such as "2026.1".', 6,
)  # fmt: skip
Sha256 = _form(
    re.compile(r"[0-9a-f]{64}"), "sha256", "a SHA-256 checksum",
    "Write the 64 hexadecimal digits that sha256sum prints, in quotes.", 64,
)  # fmt: skip
Endpoint = _form(
    re.compile(rf"({_LABEL.pattern}(\.{_LABEL.pattern})*|\[[0-9a-f:]+\]):[0-9]{{1,5}}"),
    "endpoint", "host:port", "Write a name or an address, a colon and a port.", 259,
)  # fmt: skip
Fingerprint = _form(
    re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?"), "fingerprint", "a key's fingerprint",
    "Write it as ssh-keygen -l prints it: SHA256: and 43 characters.", 51,
)  # fmt: skip
LockedMemory = _form(
    re.compile(r"unlimited|[0-9]+"), "locked-memory", "an amount of locked memory",
    'Write KiB in quotes, such as "65536", or unlimited.', 20,
)  # fmt: skip
CniPlugin = _form(
    re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"), "cni-plugin", "a type of CNI plugin",
    "Write its program's name in /opt/cni/bin, such as tuning.", 63,
)  # fmt: skip
CpuSet = _form(
    re.compile(r"[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*"), "cpu-set", "a set of CPUs",
    'Write numbers and ranges in quotes, such as "0-1,32-33".', 200,
)  # fmt: skip
DebianPackage = _form(
    re.compile(r"[a-z0-9][a-z0-9+.-]+"), "package", "a package of Debian",
    "Write its name, such as iperf3.", 128,
)  # fmt: skip
KernelArgument = _form(
    re.compile(r"[A-Za-z0-9_.,:/=@%+-]+"), "kernel-argument", "an argument of the kernel",
    "Write one argument each, without spaces, quotes or $.", 200,
)  # fmt: skip
NumaNode = _form(
    re.compile(r"[0-9]{1,3}"), "numa-node", "a NUMA node", 'Write its number in quotes: "0".', 3
)
_KUBERNETES_NAME = (
    rf"({_LABEL.pattern}(\.{_LABEL.pattern})*/)?[A-Za-z0-9]([A-Za-z0-9_.-]{{0,61}}[A-Za-z0-9])?"
)
_KUBERNETES_VALUE = r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?"
LabelName = _form(
    re.compile(_KUBERNETES_NAME), "node-label", "a label's name",
    "Write it as Kubernetes does, such as example.org/rack.", 317,
)  # fmt: skip
LabelValue = _form(
    re.compile(_KUBERNETES_VALUE), "node-label", "a label's value",
    "Use letters, digits and inner '_', '.', '-', at most 63.", 63,
)  # fmt: skip
Taint = _form(
    re.compile(rf"{_KUBERNETES_NAME}(={_KUBERNETES_VALUE})?:(NoSchedule|PreferNoSchedule|NoExecute)"),
    "node-taint", "a taint",
    "Write key=value:effect; the effect is NoSchedule, PreferNoSchedule or NoExecute.", 400,
)  # fmt: skip
IpAddress = _parsed("ip-address", ipaddress.ip_address, "Write an IPv4 or IPv6 address.")
Subnet = _parsed(
    "subnet", _subnet, "Write the network's own address and prefix, such as 10.10.0.0/16."
)
AddressRange = _parsed(
    "range", parse_range, "Write first-last, such as 10.10.0.1-10.10.3.254, both included."
)
VlanRange = _parsed("vlan-range", parse_vlan_range, 'Write first-last, such as "1000-1999".')
PortRange = _parsed("port-range", parse_port_range, 'Write "22" or "30000-32767", in quotes.')
Vlan = Annotated[int, Field(ge=1, le=4094)]
Mtu = Annotated[int, Field(ge=1280, le=9216)]
