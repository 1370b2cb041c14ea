"""The SSH connection that a run came by, and the interfaces that ways out of the host take.

Python's standard library only: this code also runs on hosts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from .system import System


def ssh_connection(system: System, environment: Mapping[str, str] | None = None) -> str:
    """sshd's SSH_CONNECTION, from an ancestor where sudo dropped it; "" if none has it."""
    environment = os.environ if environment is None else environment
    if environment.get("SSH_CONNECTION"):
        return environment["SSH_CONNECTION"]
    process = str(os.getpid())
    while process not in ("", "0", "1"):
        for variable in (system.read(f"/proc/{process}/environ") or "").split("\0"):
            if variable.startswith("SSH_CONNECTION="):
                return variable.partition("=")[2]
        # after the command's name, which may hold anything: state and parent
        stat = (system.read(f"/proc/{process}/stat") or "").rpartition(")")[2].split()
        process = stat[1] if len(stat) > 1 else ""
    return ""


def routes_to_client(system: System, connection: str) -> list[str]:
    """The interfaces that answers to the client of *connection* take."""
    client, _, zone = (connection.split() or [""])[0].partition("%")
    if zone:
        return [zone]  # a link-local client names the interface itself
    return _routes(system, "route", "get", client) if client else []


def default_routes(system: System) -> list[str]:
    """The interfaces of all default routes."""
    families = ((), ("-6",))
    found = {n for f in families for n in _routes(system, *f, "route", "show", "default")}
    return sorted(found)


def _routes(system: System, *arguments: str) -> list[str]:
    answer = system.run("ip", "-json", *arguments, check=False)
    try:
        routes = json.loads(answer.stdout or "[]")
    except ValueError:
        return []
    hops = [hop for route in routes for hop in (route, *route.get("nexthops", ()))]
    return sorted({hop["dev"] for hop in hops if "dev" in hop})
