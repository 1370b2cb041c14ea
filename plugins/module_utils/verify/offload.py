"""Whether Open vSwitch's flows reach the NIC: a probe flow, and what is there already.

The probe is put into the datapath by hand, for frames that nobody sends (an experimental
EtherType, made-up addresses), looked for among the offloaded flows, and taken out again.
So it is the same proof with and without virtual machines on the host.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Callable, Sequence

from ..converge import STAND_IN
from ..host_datapath.openvswitch import inside
from ..system import CommandError, Output, System
from .findings import Findings
from .parse import Flow, datapath_flows, tc_filters

STEP = "openvswitch:settings"
MATCH = "eth(src=02:53:4c:50:57:01,dst=02:53:4c:50:57:02),eth_type(0x88b5)"
SOURCE = "02:53:4c:50:57:01"

Appctl = Callable[..., Output]


def appctl(system: System, runtime: str) -> Appctl:
    """``ovs-appctl`` on the host, or in Kolla's container. CommandError when it fails."""
    prefix = inside(system, runtime)

    def call(*words: str) -> Output:
        return system.run(*prefix, "ovs-appctl", *words, timeout=20)

    return call


def prove_offload(
    system: System, call: Appctl, representors: Sequence[str], uplink: str, source: str,
    findings: Findings,
) -> None:  # fmt: skip
    """Add "REPRESENTOR: flow offloaded" for the first of *representors* that is in the datapath.

    uplink  the bond, where the probe's frames would go.
    source  where the answer comes from: with netdevsim the driver only says yes (STAND_IN).
    """
    try:
        ports = datapath_ports(call("dpctl/show").stdout)
        bridged = [name for name in representors if name in ports]
        if not bridged:
            findings.skip(
                f"{uplink}: flow offloaded", "no representor of the NIC is in a bridge now"
            )
            return
        name = bridged[0]
        flow = _probe(call, ports[name], ports.get(uplink))
    except (CommandError, ValueError) as error:
        findings.check(
            f"{uplink}: flow offloaded", False, "Open vSwitch takes a flow", str(error),
            source=source, step=STEP, look="ovs-appctl dpctl/show; whether vswitchd runs",
        )  # fmt: skip
        return
    said = " (the stand-in driver says yes to all)" if source == STAND_IN else ""
    findings.check(
        f"{name}: flow offloaded",
        bool(flow) and (flow.offloaded, flow.datapath) == ("yes", "tc"), "offloaded:yes, dp:tc",
        f"offloaded:{flow.offloaded or 'no'}, dp:{flow.datapath}{said}" if flow else "no such flow",
        source=source, step=STEP,
        look=f"ovs-vsctl get Open_vSwitch . other_config:hw-offload; ethtool -k {name}; "
        f"tc -s filter show dev {name} ingress; dmesg",
    )  # fmt: skip
    findings.facts["offload"] = summary(system, call, bridged)


def _probe(call: Appctl, port: str, out: str | None) -> Flow | None:
    """Put the probe in, read it back, take it out."""
    identity = f"ufid:{uuid.uuid4()}"
    try:
        call("dpctl/add-flow", f"{identity} in_port({port}),{MATCH}", out or "drop")
        found = datapath_flows(call("dpctl/dump-flows", "-m").stdout)
    finally:
        # the revalidator may have been quicker: then there is nothing to take out
        with contextlib.suppress(CommandError):
            call("dpctl/del-flow", identity)
    return next((flow for flow in found if flow.source == SOURCE), None)


def datapath_ports(text: str) -> dict[str, str]:
    """Interface → port number, from ``dpctl/show``. ValueError if there is no datapath."""
    if "port 0:" not in text:
        raise ValueError("Open vSwitch has no datapath in the kernel")
    return {name: number for number, name in re.findall(r"^\s*port (\d+): (\S+)", text, re.M)}


def summary(system: System, call: Appctl, representors: Sequence[str]) -> dict[str, int]:
    """What is offloaded now: flows by Open vSwitch's word, filters by tc's."""
    try:
        flows = datapath_flows(call("dpctl/dump-flows", "-m", "type=offloaded").stdout)
    except CommandError:
        flows = []
    hardware = software = 0
    for name in representors:
        shown = system.run("tc", "-s", "filter", "show", "dev", name, "ingress", check=False)
        count = tc_filters(shown.stdout)
        hardware, software = hardware + count.in_hardware, software + count.in_software
    return {"offloaded_flows": len(flows), "tc_in_hw": hardware, "tc_not_in_hw": software}
