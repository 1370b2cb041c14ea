"""Command lines of the RDMA measuring programs (perftest, rdma-core), for both sides.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

from dataclasses import dataclass

BANDWIDTH, LATENCY, PINGPONG = "ib_write_bw", "ib_write_lat", "ibv_rc_pingpong"
PROGRAMS = (BANDWIDTH, LATENCY, PINGPONG)
#: Each program has its own port: by themselves they would all take 18515.
PORT_OFFSET = {PINGPONG: 1, BANDWIDTH: 2, LATENCY: 3}
#: perftest takes no fewer.
FEWEST_ITERATIONS = 5


@dataclass(frozen=True)
class Run:
    """One run of a program: size in bytes, iterations for each queue pair."""

    program: str
    size: int
    iterations: int
    queue_pairs: int = 1

    def __post_init__(self) -> None:
        """ValueError for what a peer should not ask for."""
        if self.program not in PROGRAMS:
            raise ValueError(f"{self.program!r} is none of {', '.join(PROGRAMS)}")
        if not 1 <= self.size <= 1 << 30:
            raise ValueError(f"message size {self.size} is not from 1 to {1 << 30}")
        if not FEWEST_ITERATIONS <= self.iterations <= 10_000_000:
            raise ValueError(f"{self.iterations} iterations")
        if not 1 <= self.queue_pairs <= 1024:
            raise ValueError(f"{self.queue_pairs} queue pairs")


@dataclass(frozen=True)
class Endpoint:
    """What a host measures with: its RDMA device and the GID's index.

    traffic_class  the class that the model gives RDMA (DSCP × 4), or None.
    """

    device: str
    gid_index: int
    traffic_class: int | None = None


def command(run: Run, endpoint: Endpoint, port: int, server: str | None = None) -> list[str]:
    """The argument vector; with *server* (an address) the client's."""
    if run.program == PINGPONG:
        argv = [run.program, "-d", endpoint.device, "-g", str(endpoint.gid_index)]
        argv += ["-p", str(port), "-s", str(run.size), "-n", str(run.iterations)]
    else:
        argv = [run.program, "-d", endpoint.device, "-x", str(endpoint.gid_index)]
        argv += ["-p", str(port), "-s", str(run.size), "-n", str(run.iterations), "-F"]
        if endpoint.traffic_class is not None:
            argv += [f"--tclass={endpoint.traffic_class}"]
        if run.program == BANDWIDTH:
            argv += ["--report_gbits", "-q", str(run.queue_pairs)]
    return argv + ([server] if server else [])


def iterations(size: int, volume: int, queue_pairs: int = 1, most: int = 5000) -> int:
    """How often to send *size* bytes on each queue pair to move about *volume* bytes in all."""
    return min(max(volume // (size * queue_pairs), FEWEST_ITERATIONS), most)
