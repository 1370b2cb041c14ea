"""The language of the kernel's command line: keys, values, contradictions. Pure."""

from __future__ import annotations

from collections.abc import Iterable

#: keys that a command line may hold several times, each with its own meaning
REPEATED = {
    *("console", "crashkernel", "earlycon", "memmap", "modprobe.blacklist", "module_blacklist"),
    *("rd.driver.blacklist", "rd.luks.uuid", "rd.lvm.lv"),
}
#: keys that speak about what stands before them
POSITIONAL = {"hugepages", "hugepagesz"}
#: arguments that make others void, whatever their order
OPPOSITES = {
    "iommu": ("intel_iommu=off", "amd_iommu=off"),
    "hugepages": ("hugepages=0",),
}
#: arguments for one vendor's processors; meaningless on the other's
VENDOR_ONLY = {"intel_iommu": "GenuineIntel", "amd_iommu": "AuthenticAMD"}


def key(argument: str) -> str:
    """The name before "=": the kernel reads - and _ alike there."""
    return argument.partition("=")[0].replace("-", "_")


def for_vendor(arguments: Iterable[str], vendor: str) -> list[str]:
    """Without the arguments that belong to another vendor's processor.

    An AMD host needs iommu=pt only: its IOMMU is on by itself.
    """
    return [a for a in arguments if VENDOR_ONLY.get(key(a), vendor) == vendor or not vendor]


def contradictions(wanted: Iterable[str], others: Iterable[str]) -> list[tuple[str, str]]:
    """(wanted, other) where both cannot hold: the same key with another value, or an opposite."""
    found = []
    others = list(others)
    for want in wanted:
        for other in others:
            same_key = key(want) == key(other) and key(want) not in REPEATED
            opposite = any(
                key(other) == key(o) and other.partition("=")[2] == o.partition("=")[2]
                for o in OPPOSITES.get(key(want), ())
            )
            if other != want and (same_key or opposite) and (want, other) not in found:
                found.append((want, other))
    return found


def conflicts(arguments: Iterable[str]) -> list[tuple[str, str]]:
    """(earlier, later) of *arguments* that cannot both hold."""
    chosen = [a for a in arguments if key(a) not in POSITIONAL]
    pairs = {(a, b) if chosen.index(a) < chosen.index(b) else (b, a): None
             for a, b in contradictions(chosen, chosen)}  # fmt: skip
    return list(pairs)
