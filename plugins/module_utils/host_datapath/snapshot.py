"""What a host was before a change, and how it is brought back there.

The network comes back from the saved files alone, by the host's network manager; what
lies beside it (VFs, eswitch, Open vSwitch) by the engine, which is sent back to its
former desired state.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..converge import Cut, converge
from ..system import System
from . import boot
from .engine import Datapath
from .network import files, live, network_manager
from .paths import SPEC, UDEV_RULES
from .spec import Spec

Saved = dict[str, Any]
Log = Callable[[str], None]
#: Seconds that management's addresses get to come back before they are set by hand.
MANAGEMENT_WAIT = 10.0


def take(system: System, spec: Spec, connection: str = "") -> Saved:
    """Everything that bringing the host to *spec* may replace.

    Shape: {"files": {path: {"text", "mode"} or None}, "links": [name], "management":
    [{"interface", "addresses", "routes"}]}. *connection*: sshd's SSH_CONNECTION.
    """
    present = live.links(system)
    return {
        "files": {path: _save(system, path) for path in _paths(system, spec)},
        "links": sorted(present),
        "management": [
            _management(system, present[name])
            for name in _management_names(system, spec, present, connection)
        ],
    }


def add(system: System, saved: Saved, spec: Spec) -> Saved:
    """*saved* with paths that only *spec* writes; what is saved already stays as it was."""
    more = {p: _save(system, p) for p in _paths(system, spec) if p not in saved["files"]}
    return {**saved, "files": {**saved["files"], **more}}


def restore_files(system: System, saved: Saved) -> list[str]:
    """Put all files back, remove kit files that were not there. Returns what differed."""
    changed = []
    for path, was in saved["files"].items():
        now = _save(system, path)
        if now == was:
            continue
        changed.append(path)
        if was is None:
            system.remove(path)
        else:
            system.write_file(path, was["text"], was["mode"])
    for path in [*files.owned(system), *boot.owned(system)]:
        if path not in saved["files"] and path not in _guards():
            system.remove(path)
            changed.append(path)
    return changed


def reload_units(system: System, changed: Iterable[str]) -> None:
    """Make restored unit files and udev rules known."""
    if any(path.startswith(boot.UNITS) for path in changed):
        boot.activate(system)
    if any(path.startswith("/etc/udev/") for path in changed):
        system.run("udevadm", "control", "--reload", check=False)


def restore_network(
    system: System, saved: Saved, new: Spec, changed: Sequence[str], log: Log
) -> list[str]:
    """Run what the restored files say; interfaces that the change made go. Returns problems."""
    old = former(system, saved, new)
    problems = []
    made = [i.name for i in live.wanted(new) if i.kind in ("bond", "vlan")]
    extra = [name for name in made if name not in saved["links"]]
    actions: dict[str, Callable[[], None]] = {
        f"removing {', '.join(extra) or 'no interface'}": lambda: live.delete(
            system, extra, live.links(system)
        ),
        f"activating {old.network_manager}'s files": lambda: network_manager(
            old.network_manager
        ).activate(system, old, changed),
    }
    for what, action in actions.items():
        try:
            log(what)
            action()
        except (OSError, ValueError, RuntimeError) as error:
            problems.append(f"{what}: {error}")
    return problems + restore_management(system, saved, log)


def restore_management(system: System, saved: Saved, log: Log) -> list[str]:
    """Wait for management's former addresses; set by hand what the manager does not bring back."""
    problems = []
    for was in saved["management"]:
        name, waited = was["interface"], 0.0
        lacking = _lacking(system, was)
        while lacking and waited < MANAGEMENT_WAIT:
            system.sleep(0.5)
            waited += 0.5
            lacking = _lacking(system, was)
        if not lacking:
            continue
        log(f"{name} lacks {', '.join(lacking)}: setting them by hand")
        system.run("ip", "link", "set", "dev", name, "up", check=False)
        for address in was["addresses"]:
            system.run("ip", "address", "replace", address, "dev", name, check=False)
        for route in was["routes"]:
            system.run("ip", "route", "replace", *route, "dev", name, check=False)
        lacking = _lacking(system, was)
        if lacking:
            problems.append(f"{name} still lacks {', '.join(lacking)}")
    return problems


def restore_rest(system: System, saved: Saved, new: Spec, log: Log) -> list[str]:
    """VFs, eswitch and Open vSwitch, by the engine. Returns problems."""
    old = former(system, saved, new)
    problems = []
    try:
        result = converge(Datapath(system, old))
        log(f"the engine undid: {', '.join(s['name'] for s in result.steps) or 'nothing more'}")
    except Cut:
        raise
    except Exception as error:  # whatever the engine stumbles over, the network is back
        problems.append(f"beside the network not all could be undone: {error}")
    # the engine leaves a desired state and units; they may not have been there
    reload_units(system, restore_files(system, saved))
    return problems


def former(system: System, saved: Saved, new: Spec) -> Spec:
    """The desired state before the change; an empty one on a host that had none."""
    was = saved["files"].get(SPEC)
    if was:
        try:
            return Spec.from_dict(json.loads(was["text"]))
        except ValueError:
            pass
    return Spec(host=new.host, network_manager=new.network_manager)


def _paths(system: System, spec: Spec) -> list[str]:
    rendered = network_manager(spec.network_manager).render(spec)
    own = [*files.owned(system), *rendered, *boot.owned(system), *boot.render(spec)]
    return sorted({SPEC, UDEV_RULES, *own} - _guards())


def _guards() -> set[str]:
    return {f"{boot.UNITS}/{boot.GUARD}", f"{boot.UNITS}/{boot.GUARD_LATE}"}


def _save(system: System, path: str) -> dict[str, Any] | None:
    try:
        with open(system.path(path), encoding="utf-8", errors="surrogateescape") as handle:
            mode = stat.S_IMODE(os.fstat(handle.fileno()).st_mode)
            return {"text": handle.read(), "mode": mode}
    except (FileNotFoundError, NotADirectoryError):
        return None


def _management_names(
    system: System, spec: Spec, present: live.Links, connection: str
) -> list[str]:
    """The interface of the model, and those that carry the controller's connection."""
    names = [spec.management.interface]
    parts = connection.split()
    server = parts[2] if len(parts) == 4 else None
    for name, link in present.items():
        if server and any(a.get("local") == server for a in link.get("addr_info", [])):
            names.append(name)
    return [name for name in dict.fromkeys(names) if name and name in present]


def _management(system: System, link: dict[str, Any]) -> dict[str, Any]:
    name = link["ifname"]
    output = system.run("ip", "-json", "route", "show", "dev", name, check=False)
    try:
        routes = json.loads(output.stdout or "[]")
    except ValueError:
        routes = []
    return {"interface": name, "addresses": _addresses(link), "routes": _routes(routes)}


def _routes(routes: list[dict[str, Any]]) -> list[list[str]]:
    """``ip route`` words of routes with a gateway; others come with their address."""
    return [[r["dst"], "via", r["gateway"]] for r in routes if r.get("dst") and r.get("gateway")]


def _addresses(link: dict[str, Any]) -> list[str]:
    # link-local ones make themselves
    return [
        f"{a['local']}/{a['prefixlen']}"
        for a in link.get("addr_info", [])
        if a.get("scope") != "link" and "local" in a
    ]


def _lacking(system: System, was: dict[str, Any]) -> list[str]:
    link = live.links(system).get(was["interface"])
    if link is None:
        return [f"{was['interface']} itself"]
    now = _addresses(link)
    return [address for address in was["addresses"] if address not in now]
