"""What a host says of itself without a peer: settings, datapath, programs, offload.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from shutil import which
from typing import Any

from ..converge import HARDWARE, Check
from ..host_datapath.engine import Datapath

# looked up by name: Ansible ships only what it finds imported
from ..host_datapath.network import netplan, networkd, networkmanager  # noqa: F401
from ..host_datapath.spec import Nic, Spec
from ..host_kernel.part import Parts
from ..system import System
from .findings import REBOOT, Findings, joined
from .offload import appctl, prove_offload

#: Program → Debian's package.
PROGRAMS = {
    "ping": "iputils-ping",
    "ethtool": "ethtool",
    "ibv_rc_pingpong": "ibverbs-utils",
    "ib_write_bw": "perftest",
}


def own_checks(
    system: System, desired: Mapping[str, Any], evidence: Mapping[str, str], findings: Findings,
    *, measured: bool, rdma: bool,
) -> None:  # fmt: skip
    """Add the datapath's own checks and, with *measured*, those that touch the running host.

    desired   ``site_model | host_datapath(site_host)``.
    evidence  NIC → what its figures are.
    rdma      whether programs for RDMA are needed.
    """
    spec = Spec.from_dict(desired)
    datapath = Datapath(system, spec)
    try:
        for check in datapath.verify(datapath.observe()):
            findings.checks.append(labelled(check, spec, evidence))
    except (OSError, ValueError, RuntimeError) as error:
        findings.check(
            "datapath: facts", False, "the datapath can be looked at", str(error), source=HARDWARE,
            step="datapath", look="slipway-datapath status",
        )  # fmt: skip
    if not measured:
        return
    programs(findings, rdma=rdma)
    if spec.openvswitch and spec.openvswitch.hw_offload:
        call = appctl(system, spec.openvswitch.runtime)
        for nic in spec.nics:
            if nic.switchdev:
                names = [nic.representor(port, vf) for port in nic.ports for vf in range(nic.vfs)]
                source = evidence.get(nic.name, HARDWARE)
                prove_offload(system, call, names, nic.bond.name, source, findings)


def settings_checks(subjects: Mapping[str, Parts], findings: Findings) -> None:
    """Add what settings (kernel, RDMA) say of themselves, and what waits for a reboot.

    subjects  by the name of their stage in the report.
    """
    for name, subject in subjects.items():
        try:
            checks, waiting = subject.judged()
        except (OSError, ValueError, RuntimeError) as error:
            findings.check(
                f"{name}: settings", False, "they can be read", str(error), source=HARDWARE,
                step=name, look="playbooks/hosts.yml --check",
            )  # fmt: skip
            continue
        findings.checks += checks
        if waiting:
            findings.skip(REBOOT, "waits for a reboot: " + "; ".join(waiting))


def labelled(check: Check, spec: Spec, evidence: Mapping[str, str]) -> Check:
    """The check with the model's word on where its figure comes from.

    The engine knows what its drivers are; that a NIC is emulated only the model knows.
    """
    if check.source != HARDWARE:
        return check
    mine = [nic for nic in spec.nics if _about(check, nic)] or list(spec.nics)
    sources = {evidence.get(nic.name, HARDWARE) for nic in mine}
    return replace(check, source=sources.pop()) if len(sources) == 1 else check


def programs(findings: Findings, *, rdma: bool) -> None:
    """A check only when something is missing: it explains the failures that follow."""
    needed = PROGRAMS if rdma else {"ping": PROGRAMS["ping"]}
    missing = {name: package for name, package in needed.items() if not which(name)}
    if missing:
        findings.check(
            "programs: installed", False, joined(list(needed)), f"missing: {joined(list(missing))}",
            source=HARDWARE, step="packages",
            look="install " + " ".join(dict.fromkeys(missing.values())),
        )  # fmt: skip


def _about(check: Check, nic: Nic) -> bool:
    names = {nic.name, nic.bond.name, *(port.name for port in nic.ports)}
    words = check.name.replace(":", " ").replace("_", " ").split()
    return any(word in names for word in words)
