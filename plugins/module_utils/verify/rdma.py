"""RDMA between two hosts: does it work at all, how much, how fast, over message size.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..converge import HARDWARE
from ..system import System
from . import gid, members, parse, perftest
from .bonding import FLOWS_FOR_BOTH, rdma_members
from .control import Connection, RequestFailed
from .findings import Findings, Series
from .processes import Child
from .spec import Network, Settings, Task, settings_for
from .statistics import spread

STEP = "rdma"


class Pair:
    """This host as client, the peer as server, on one network."""

    def __init__(
        self,
        system: System,
        connection: Connection,
        task: Task,
        network: Network,
        settings: Settings,
    ) -> None:
        """Look up the GID of this host's end. RuntimeError if there is none."""
        self.system, self.connection, self.network = system, connection, network
        self.seconds = settings.seconds
        device, index = gid.find(system, network.interface, network.address, task.roce_version)
        self.endpoint = perftest.Endpoint(device, index, task.traffic_class)

    def run(self, run: perftest.Run) -> str:
        """Run a program on both ends; the client's output. RuntimeError with the reason."""
        port = self.connection.ask(
            "rdma", 40, network=self.network.name, program=run.program, size=run.size,
            iterations=run.iterations, queue_pairs=run.queue_pairs,
        )  # fmt: skip
        client = Child(perftest.command(run, self.endpoint, port, self.network.peer_address))
        output = client.wait(self.seconds)
        # a client that failed leaves a server that waits for ever
        server = self.connection.ask("rdma_end", 90, seconds=10 if output.status == 0 else 0.5)
        if output.status:
            words = (output.stderr or output.stdout).strip().splitlines()[-1:] or ["no word"]
            theirs = server["words"].strip().splitlines()[-1:]
            raise RuntimeError(
                f"{run.program} with {run.size} bytes: status {output.status}: {words[0]}"
                + (f" (peer: {theirs[0]})" if theirs and server["status"] else "")
            )
        return output.stdout


def measure_rdma(
    system: System, connection: Connection, task: Task, peer: str, network: Network,
    findings: Findings, *, curves: bool,
) -> None:  # fmt: skip
    """Add the checks of GID and pingpong; with *curves* of bandwidth and latency as well."""
    wanted = settings_for(network.rdma_evidence, task.settings)
    source = network.rdma_evidence
    looked_for = f"a RoCE v{task.roce_version} GID of {network.address}"
    try:
        pair = Pair(system, connection, task, network, wanted)
    except RuntimeError as error:
        findings.check(
            f"{network.name}: GID", False, looked_for, str(error), source=source, step=STEP,
            look=f"rdma link; ip addr show {network.interface}",
        )  # fmt: skip
        return
    findings.check(
        f"{network.name}: GID", True, looked_for,
        f"{pair.endpoint.device} index {pair.endpoint.gid_index}", source=source, step=STEP,
    )  # fmt: skip
    try:
        result = parse.rc_pingpong(pair.run(perftest.Run(perftest.PINGPONG, 4096, 100)))
        text = f"{result.iterations} round trips of 4096 bytes, {result.microseconds:g} µs each"
        alive = findings.check(
            f"{network.name}: RDMA pingpong", True, f"RC round trips to {peer}", text,
            source=source, step=STEP,
        )  # fmt: skip
    except (RequestFailed, RuntimeError, ValueError, OSError) as error:
        alive = findings.check(
            f"{network.name}: RDMA pingpong", False, f"RC round trips to {peer}", str(error),
            source=source, step=STEP,
            look="rdma link (state ACTIVE on both ends); UDP port 4791 in firewalls; the GID's "
            "interface and VLAN on both ends",
        )  # fmt: skip
    if not curves:
        return
    if not alive:
        findings.skip(f"{network.name}: RDMA bandwidth", "no RDMA connection")
        findings.skip(f"{network.name}: RDMA latency", "no RDMA connection")
        return
    until = time.monotonic() + wanted.budget
    latency(pair, peer, wanted, findings, until)
    for count in wanted.queue_pairs:
        bandwidth(pair, peer, wanted, count, findings, until)


def bandwidth(
    pair: Pair, peer: str, wanted: Settings, count: int, findings: Findings, until: float
) -> None:
    """A curve of ib_write_bw with *count* queue pairs, and what its peak says."""
    network, source = pair.network, pair.network.rdma_evidence
    is_bond = bool(members.names(pair.system, network.link))
    series = Series(
        "bandwidth", f"{count} queue pair{'s' if count > 1 else ''}", peer, network.name, source,
        "Gbit/s",
    )  # fmt: skip
    speed, why = None, ""
    if network.speed:
        used, why = 2, ""
        if is_bond:
            used, why = rdma_members(network.bond, network.peer_bond, network.native, count)
        speed = network.speed / 1000 / 2 * used
        series.expectation = [[size, speed] for size in wanted.sizes]
        series.expectation_text = f"{speed:g} Gbit/s of the model" + (f" ({why})" if why else "")
        series.holds = source == HARDWARE
    before = members.sent(pair.system, network.link) if is_bond else {}

    def point(size: int) -> float:
        times = perftest.iterations(size, wanted.volume, count)
        text = pair.run(perftest.Run(perftest.BANDWIDTH, size, times, count))
        return parse.write_bandwidth(text)[-1].average

    error = _curve(series, wanted, until, point, findings)
    least = speed * wanted.efficiency if speed and series.holds else 0.0
    peak = max((value for _size, value in series.points), default=0.0)
    findings.check(
        f"{network.name}: RDMA bandwidth, {series.label}", not error and peak > 0 and peak >= least,
        (f"at least {least:.1f} Gbit/s, " if least else "a curve, ")
        + (why or series.label),
        error or f"{peak:.3g} Gbit/s at best", source=source, step=STEP,
        look="PFC and ECN counters (ethtool -S), PCIe width (lspci -vv), one flow per member: "
        "members of the report",
    )  # fmt: skip
    if is_bond and series.points and count >= FLOWS_FOR_BOTH:
        grown = members.growth(pair.system, network.link, before, 0)
        findings.add_spread(
            network.link, f"RDMA, {count} queue pairs", peer, spread(grown, count), source,
            network.bond.sends_rdma(network.native),
        )  # fmt: skip


def latency(pair: Pair, peer: str, wanted: Settings, findings: Findings, until: float) -> None:
    """A curve of ib_write_lat (typical, one way), and what its smallest message says."""
    network, source = pair.network, pair.network.rdma_evidence
    series = Series("latency", "typical, one way", peer, network.name, source, "µs")
    series.holds = source == HARDWARE
    if network.speed:
        member = network.speed / 2  # Mbit/s are bits for each microsecond
        series.expectation = [
            [size, round(wanted.latency + size * 8 / member, 3)] for size in wanted.sizes
        ]
        series.expectation_text = f"{wanted.latency:g} µs and the time on one member's wire"

    def point(size: int) -> float:
        times = max(perftest.iterations(size, wanted.volume, most=wanted.latency_iterations), 10)
        return parse.write_latency(pair.run(perftest.Run(perftest.LATENCY, size, times)))[
            -1
        ].typical

    error = _curve(series, wanted, until, point, findings)
    smallest = series.points[0][1] if series.points else None
    good = smallest is not None and (not series.holds or smallest <= wanted.latency)
    size = wanted.sizes[0]
    findings.check(
        f"{network.name}: RDMA latency", not error and good,
        f"at most {wanted.latency:g} µs with {size} bytes" if series.holds else "a curve",
        error or (f"{smallest:g} µs with {size} bytes" if smallest is not None else "no point"),
        source=source, step=STEP,
        look="CPU power states (cpupower idle-info), the switch's buffers, ethtool -c",
    )  # fmt: skip


def _curve(
    series: Series, wanted: Settings, until: float, point: Callable[[int], float],
    findings: Findings,
) -> str:  # fmt: skip
    """Fill *series* while there is time; "" or why it ended early."""
    findings.series.append(series)
    for size in wanted.sizes:
        if time.monotonic() > until:
            findings.skip(
                f"{series.network}: RDMA {series.kind} from {size} bytes",
                f"the {wanted.budget:g} s for this network are over",
            )
            return "" if series.points else "no time was left for it"
        try:
            series.points.append([size, point(size)])
        except (RequestFailed, RuntimeError, ValueError, OSError) as error:
            return str(error)
    return ""
