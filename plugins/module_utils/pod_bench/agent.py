"""Runs in the pods of the benchmark: ``agent.py serve`` on each node, ``agent.py measure``.

Whoever measures tells the other side over TCP which program to start. Python's standard library
only, in the image's own Python.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

PORT = 7077
#: Of iperf3 and of perftest's programs.
DATA_PORT = 7078
PROGRAMS = ("iperf3", "ib_write_bw", "ib_write_lat", "ibv_rc_pingpong")
DEVICES = "/sys/class/infiniband"


def addresses() -> dict[str, str]:
    """{interface: IPv4 address} of this pod."""
    shown = subprocess.run(
        ["ip", "-4", "-json", "address"], capture_output=True, text=True, check=True
    )
    return {
        link["ifname"]: info["local"]
        for link in json.loads(shown.stdout)
        for info in link.get("addr_info", ())
        if link["ifname"] != "lo"
    }


def read(path: str) -> str:
    try:
        with open(path) as handle:
            return handle.read().strip()
    except OSError:  # the kernel refuses to read an empty entry
        return ""


def gid(address: str) -> tuple[str, str]:
    """RDMA device and index of the RoCE v2 GID of an address: the right ones for this pod."""
    wanted = ipaddress.IPv6Address(f"::ffff:{address}")
    for device in sorted(os.listdir(DEVICES) if os.path.isdir(DEVICES) else ()):
        port = f"{DEVICES}/{device}/ports/1"
        for index in sorted(os.listdir(f"{port}/gids"), key=int):
            text = read(f"{port}/gids/{index}")
            kind = read(f"{port}/gid_attrs/types/{index}")
            if text and kind == "RoCE v2" and ipaddress.IPv6Address(text) == wanted:
                return device, index
    raise RuntimeError(f"no RoCE v2 GID of {address}")


def filled(argv: list[str], own: str) -> list[str]:
    """With this side's RDMA device and GID index where the arguments ask for them."""
    if "{device}" not in argv:
        return argv
    device, index = gid(own)
    return [{"{device}": device, "{gid}": index}.get(word, word) for word in argv]


def serve() -> None:
    """Start what is asked for, one at a time, for ever."""
    found = addresses()
    with socket.create_server(("", PORT)) as listener:
        print(json.dumps({"addresses": found}), flush=True)
        while True:
            peer, _ = listener.accept()
            with peer, peer.makefile("rw") as stream:
                try:
                    serve_one(json.loads(stream.readline()), found, stream)
                except (OSError, ValueError, RuntimeError, KeyError) as error:
                    print(json.dumps({"error": str(error)}), file=stream, flush=True)


def serve_one(asked: dict[str, Any], found: dict[str, str], stream: Any) -> None:
    argv, own = asked["argv"], found[asked["interface"]]
    if argv[0] not in PROGRAMS:
        raise ValueError(f"{argv[0]} is none of {', '.join(PROGRAMS)}")
    argv = filled(argv, own)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        time.sleep(asked.get("settle", 0.5))
        assert process.stdout
        problem = process.stdout.read().decode() if process.poll() else ""
        said = {"error": problem.strip()[-400:]} if problem else {"address": own}
        print(json.dumps(said), file=stream, flush=True)
        try:
            process.wait(asked["timeout"])
        except subprocess.TimeoutExpired:
            process.kill()


def measure(plan: dict[str, Any]) -> None:
    """A line for each run of ``{server, timeout, settle, runs: [{interface, server, …}]}``."""
    found = addresses()
    for run in plan["runs"]:
        line = {key: run[key] for key in ("network", "name", "size")}
        try:
            line["output"] = one(run, plan, found)
        except (OSError, ValueError, RuntimeError, KeyError, subprocess.SubprocessError) as error:
            line["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps(line), flush=True)


def one(run: dict[str, Any], plan: dict[str, Any], found: dict[str, str]) -> str:
    """The client's output."""
    timeout = plan["timeout"]
    with (
        socket.create_connection((plan["server"], PORT), timeout=timeout) as peer,
        peer.makefile("rw") as stream,
    ):
        asked = {"argv": run["server"], "interface": run["interface"], "timeout": timeout}
        print(json.dumps({**asked, "settle": plan["settle"]}), file=stream, flush=True)
        answer = json.loads(stream.readline() or '{"error": "the other side went away"}')
        if "error" in answer:
            raise RuntimeError(f"other side: {answer['error']}")
        argv = filled(run["client"], found[run["interface"]])
        argv = [answer["address"] if word == "{address}" else word for word in argv]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip())[-400:]
        raise RuntimeError(f"{argv[0]}: exit {done.returncode}: {words}")
    return done.stdout


def main(argv: list[str]) -> int:
    if argv == ["serve"]:
        serve()
    if argv[:1] == ["measure"]:
        measure(json.loads(os.environ["PLAN"]))
        return 0
    print("usage: agent.py serve | measure", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
