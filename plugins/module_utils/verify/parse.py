"""Readers of what measuring programs print. Text in, numbers out; ValueError if it is not that.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Ping:
    """``ping``'s summary. milliseconds is the mean round trip, None without an answer."""

    sent: int
    received: int
    milliseconds: float | None
    too_long: bool  # the host's own interface refused the size


def ping(text: str) -> Ping:
    """Read iputils ping's summary; *text* is standard output and error."""
    counts = re.search(r"(\d+) packets transmitted, (\d+)(?: packets)? received", text)
    times = re.search(r"= [\d.]+/([\d.]+)/", text)
    too_long = "message too long" in text.lower()
    if not counts and not too_long:
        raise ValueError(f"no summary of ping in {_excerpt(text)}")
    sent, received = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    return Ping(sent, received, float(times[1]) if times else None, too_long)


@dataclass(frozen=True)
class Bandwidth:
    """One line of ``ib_write_bw --report_gbits``; size in bytes, rates in Gbit/s."""

    size: int
    iterations: int
    average: float


def write_bandwidth(text: str) -> list[Bandwidth]:
    """Read ib_write_bw's table."""
    rows = [Bandwidth(int(row[0]), int(row[1]), row[3]) for row in _table(text, "BW average", 5)]
    if not re.search(r"BW average\[Gb/sec\]", text):
        raise ValueError("ib_write_bw did not report in Gb/sec")
    return rows


@dataclass(frozen=True)
class Latency:
    """One line of ``ib_write_lat``; size in bytes, times in microseconds, one way."""

    size: int
    iterations: int
    typical: float


def write_latency(text: str) -> list[Latency]:
    """Read ib_write_lat's table: t_min, t_max, t_typical, t_avg, t_stdev, 99%, 99.9%."""
    return [Latency(int(row[0]), int(row[1]), row[4]) for row in _table(text, "t_typical[usec]", 9)]


def _table(text: str, heading: str, columns: int) -> list[list[float]]:
    if heading not in text:
        raise ValueError(f"no table with {heading!r} in {_excerpt(text)}")
    rows = []
    for line in text[text.index(heading) :].splitlines()[1:]:
        words = line.split()
        if len(words) >= columns and words[0].isdigit():
            rows.append([float(word) for word in words])
    if not rows:
        raise ValueError(f"the table with {heading!r} is empty: {_excerpt(text)}")
    return rows


@dataclass(frozen=True)
class Pingpong:
    """``ibv_rc_pingpong``'s two last lines. microseconds is a whole round trip."""

    bytes: int
    seconds: float
    iterations: int
    microseconds: float


def rc_pingpong(text: str) -> Pingpong:
    """Read "8192000 bytes in 0.12 seconds = …" and "1000 iters in 0.12 seconds = … usec/iter"."""
    amount = re.search(r"(\d+) bytes in ([\d.]+) seconds", text)
    times = re.search(r"(\d+) iters in [\d.]+ seconds = ([\d.]+) usec/iter", text)
    if not amount or not times:
        raise ValueError(f"no result of ibv_rc_pingpong in {_excerpt(text)}")
    return Pingpong(int(amount[1]), float(amount[2]), int(times[1]), float(times[2]))


@dataclass(frozen=True)
class Flow:
    """One flow of ``ovs-appctl dpctl/dump-flows -m``."""

    in_port: str
    ether_type: str
    source: str
    destination: str
    packets: int
    offloaded: str  # "yes", "partial" or ""
    datapath: str  # "tc", "ovs" or ""
    actions: str


def datapath_flows(text: str) -> list[Flow]:
    """Read dpctl's flows; what a field lacks is ""."""

    def find(pattern: str, line: str) -> str:
        match = re.search(pattern, line)
        return match[1] if match else ""

    flows = []
    for line in text.splitlines():
        if "actions:" not in line:
            continue
        flows.append(
            Flow(
                in_port=find(r"in_port\(([^)]*)\)", line),
                ether_type=find(r"eth_type\(([^)]*)\)", line),
                source=find(r"eth\(src=([0-9a-f:]{17})", line),
                destination=find(r"[(,]dst=([0-9a-f:]{17})", line),
                packets=int(find(r"packets:(\d+)", line) or 0),
                offloaded=find(r"offloaded:(\w+)", line),
                datapath=find(r"\bdp:(\w+)", line),
                actions=find(r"actions:(.*)$", line).strip(),
            )
        )
    return flows


@dataclass(frozen=True)
class HardwareFilters:
    """Filters of one interface in ``tc -s filter show``: in hardware, and not."""

    in_hardware: int
    in_software: int


def tc_filters(text: str) -> HardwareFilters:
    """Count filters by tc's words ``in_hw`` and ``not_in_hw``."""
    words = re.findall(r"\b(not_in_hw|in_hw)\b", text)
    return HardwareFilters(words.count("in_hw"), words.count("not_in_hw"))


def _excerpt(text: str, length: int = 160) -> str:
    joined = " / ".join(line.strip() for line in text.splitlines() if line.strip())
    return repr(joined if len(joined) <= length else "…" + joined[-length:])
