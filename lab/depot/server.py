"""The depot over HTTP, on the controller's address: nodes fetch from it as from a mirror."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from lab import network, process
from lab.command import capture
from lab.machine import CONTROLLER
from lab.paths import CHECKOUT, Paths, cache_root

PORT = 8077
BASE = f"http://{CONTROLLER}:{PORT}"


def pid_file(paths: Paths) -> str:
    return str(paths.sockets / "depot.pid")


def running(paths: Paths) -> int | None:
    return process.alive(paths.sockets / "depot.pid", pid_file(paths))


def up(paths: Paths) -> None:
    """Start it, unless it runs."""
    if running(paths):
        return
    script = f"cd '{CHECKOUT}' && exec setsid '{sys.executable}' -m lab.depot.server "
    script += f"'{pid_file(paths)}' >'{paths.logs}/depot.log' 2>&1 </dev/null & echo $! >"
    capture(network.inside(paths, ["sh", "-c", f"{script}'{pid_file(paths)}'"]))


def down(paths: Paths) -> None:
    if pid := running(paths):
        process.end(pid, pid_file(paths))


def main() -> None:
    """Serve the depot's folder; the argument is there for the process to be known by."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(cache_root() / "depot"))
    with ThreadingHTTPServer((CONTROLLER, PORT), handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
