"""Open vSwitch on the host or in Kolla's container: offload keys, bridges, ports.

What the kit makes carries ``external_ids:slipway``: the bridge's name on a bridge and on
its ports. Only that is ever removed.
"""

from __future__ import annotations

import json
from typing import Any

from ..converge import Step
from ..system import System
from .drivers.base import Facts
from .spec import Bridge, Nic, OpenVSwitch, Spec

TAG = "slipway"
#: Set together with keys that need a restart, removed after it: a cut run restarts later.
RESTART_MARK = "slipway-restart"
SOCKET = "/run/openvswitch/db.sock"
CONTAINER = "openvswitch_vswitchd"
CONTAINER_UNIT = "kolla-openvswitch_vswitchd-container.service"
UNITS = ("openvswitch-switch.service", "openvswitch.service")  # Debian; Enterprise Linux
MISSING, STOPPED, RUNNING = "missing", "stopped", "running"
#: What Open vSwitch does when a key is not there.
DEFAULTS = {"hw-offload": "false", "tc-policy": "none", "max-idle": "10000"}


def command(system: System, runtime: str) -> tuple[str, ...]:
    """How ``ovs-vsctl`` is called."""
    return (*inside(system, runtime), "ovs-vsctl", "--timeout=30")


def inside(system: System, runtime: str) -> tuple[str, ...]:
    """What comes before a program of Open vSwitch: nothing, or the container's engine."""
    return (_engine(system), "exec", CONTAINER) if runtime == "kolla" else ()


def _engine(system: System) -> str:
    return "podman" if system.exists("/usr/bin/podman") else "docker"


def read(system: System, spec: Spec, applied: Facts) -> Facts:
    """State ("missing", "stopped", "running"), keys, bridges with ports and their owners."""
    runtime = runtime_of(spec.openvswitch)
    if not spec.openvswitch and not applied["bridges"]:
        return {"state": MISSING}
    if runtime == "host" and not system.exists(SOCKET):
        installed = any(system.exists(f"/{d}/ovs-vsctl") for d in ("usr/bin", "bin"))
        return {"state": STOPPED if installed else MISSING}
    return read_database(system, runtime)


def read_database(system: System, runtime: str) -> Facts:
    """What ``ovs-vsctl`` says, in one call."""
    tables = {
        "Open_vSwitch": "other_config,external_ids",
        "Bridge": "name,ports,external_ids",
        "Port": "_uuid,name,external_ids",
        "Interface": "name,mtu,mtu_request,error",
    }
    argv = [*command(system, runtime), "--format=json"]
    for table, columns in tables.items():
        argv += ["--", f"--columns={columns}", "list", table]
    output = system.run(*argv, check=False)
    if output.status:
        missing = output.status in (125, 127)
        return {"state": MISSING if missing else STOPPED, "error": output.stderr.strip()}
    answers = [_rows(line) for line in output.stdout.splitlines() if line.strip()]
    top, bridges, ports, interfaces = answers
    by_uuid = {port["_uuid"]: port for port in ports}
    by_name = {interface["name"]: interface for interface in interfaces}
    return {
        "state": RUNNING,
        "other_config": top[0]["other_config"],
        "restart_pending": RESTART_MARK in top[0]["external_ids"],
        "bridges": {
            bridge["name"]: {
                "ours": TAG in bridge["external_ids"],
                "mtu_request": by_name.get(bridge["name"], {}).get("mtu_request") or None,
                "ports": {
                    by_uuid[uuid]["name"]: {
                        "ours": TAG in by_uuid[uuid]["external_ids"],
                        "error": by_name.get(by_uuid[uuid]["name"], {}).get("error") or None,
                    }
                    for uuid in _as_list(bridge["ports"])
                    if by_uuid[uuid]["name"] != bridge["name"]
                },
            }
            for bridge in bridges
        },
    }


def _rows(line: str) -> list[dict[str, Any]]:
    table = json.loads(line)
    names = table["headings"]
    return [{name: _plain(row[n]) for n, name in enumerate(names)} for row in table["data"]]


def _plain(value: Any) -> Any:
    """OVSDB's ["map", …], ["set", …] and ["uuid", …] as Python has them."""
    if isinstance(value, list) and len(value) == 2:
        kind, content = value
        if kind == "map":
            return dict(content)
        if kind == "set":
            return [_plain(item) for item in content]
        if kind == "uuid":
            return content
    return value


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def wanted_keys(openvswitch: OpenVSwitch) -> dict[str, str]:
    """The model's other_config."""
    return {
        "hw-offload": str(openvswitch.hw_offload).lower(),
        "tc-policy": openvswitch.tc_policy,
        "max-idle": str(openvswitch.max_idle),
    }


def wrong_keys(openvswitch: OpenVSwitch, facts: Facts) -> dict[str, str]:
    """Keys whose value differs, a missing one counting as its default."""
    now = facts.get("other_config", {})
    wanted = wanted_keys(openvswitch)
    return {k: v for k, v in wanted.items() if now.get(k, DEFAULTS[k]) != v}


def bridge_ports(spec: Spec, bridge: Bridge) -> list[str]:
    """All ports that a bridge must have, representors included."""
    ports = list(bridge.ports)
    if bridge.representors == "all":
        for nic in spec.nics:
            if nic.bond.name in bridge.ports and nic.switchdev:
                ports += _representors(nic)
    return ports


def _representors(nic: Nic) -> list[str]:
    from .drivers import driver

    owners = [p for p in nic.ports if driver(nic.driver).owns_vfs(nic, p)]
    return [nic.representor(port, n) for port in owners for n in range(nic.vfs)]


def bridge_of(facts: Facts, port: str) -> str | None:
    """The bridge that *port* is in."""
    return next((b for b, v in facts.get("bridges", {}).items() if port in v["ports"]), None)


def package_starts_it(system: System, facts: Facts) -> bool:
    """Whether it is not installed yet (check mode on a bare host) and will run once it is.

    Debian's packages start their services, those of Enterprise Linux do not.
    """
    return facts["state"] == MISSING and system.exists("/etc/debian_version")


def service_step(system: System, openvswitch: OpenVSwitch) -> Step:
    """Start Open vSwitch on the host, now and at boot."""

    def do() -> None:
        folders = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
        unit = next((u for u in UNITS if any(system.exists(f"{d}/{u}") for d in folders)), UNITS[0])
        system.run("systemctl", "enable", "--now", unit)

    return Step(
        name="openvswitch:service",
        why="the model has bridges on this host",
        do=do,
        proof=lambda: None if system.exists(SOCKET) else f"{SOCKET} is not there",
        before="stopped",
        after="running",
        patience=60,
    )


def keys_step(
    system: System, openvswitch: OpenVSwitch, facts: Facts, wrong: dict[str, str]
) -> Step:
    """Set other_config; a change of hw-offload is marked as needing a restart."""

    def problem() -> str | None:
        rest = wrong_keys(openvswitch, answer(system, openvswitch))
        return f"Open vSwitch has not taken {', '.join(rest)}" if rest else None

    words = [f"other_config:{key}={value}" for key, value in wrong.items()]
    if "hw-offload" in wrong:
        words.append(f"external_ids:{RESTART_MARK}=pending")
    now = facts.get("other_config", {})
    return Step(
        name="openvswitch:settings",
        why="the model's offload settings",
        do=lambda: vsctl(system, openvswitch, "set", "Open_vSwitch", ".", *words),
        proof=problem,
        before={key: now.get(key) for key in wrong},
        after=wrong,
    )


def restart_step(system: System, openvswitch: OpenVSwitch) -> Step:
    """Restart vswitchd, which reads hw-offload only at its start."""

    def do() -> None:
        if openvswitch.runtime == "host":
            system.run("systemctl", "restart", "ovs-vswitchd.service", timeout=180)
        elif system.exists(f"/etc/systemd/system/{CONTAINER_UNIT}"):
            system.run("systemctl", "restart", CONTAINER_UNIT, timeout=180)
        else:
            system.run(_engine(system), "restart", CONTAINER, timeout=180)
        # waits until the new vswitchd has taken the configuration
        vsctl(system, openvswitch, "remove", "Open_vSwitch", ".", "external_ids", RESTART_MARK)

    def problem() -> str | None:
        now = read_database(system, openvswitch.runtime)
        if now["state"] != RUNNING:
            return f"Open vSwitch is {now['state']} after its restart"
        return "Open vSwitch still waits for its restart" if now["restart_pending"] else None

    return Step(
        name="openvswitch:restart",
        why="hw-offload is read when vswitchd starts",
        do=do,
        proof=problem,
        before="hw-offload changed",
        after="restarted",
        disrupts="service:openvswitch",
        patience=60,
    )


def vsctl(system: System, openvswitch: OpenVSwitch | None, *words: str) -> None:
    """One transaction; returns once vswitchd has taken it."""
    system.run(*command(system, runtime_of(openvswitch)), *words)


def answer(system: System, openvswitch: OpenVSwitch | None) -> Facts:
    """The database's facts; a proof needs an answer."""
    facts = read_database(system, runtime_of(openvswitch))
    if facts["state"] != RUNNING:
        raise RuntimeError(f"Open vSwitch does not answer: {facts.get('error') or facts['state']}")
    return facts


def runtime_of(openvswitch: OpenVSwitch | None) -> str:
    """Where it runs; a bridge to be removed may outlive its model."""
    return openvswitch.runtime if openvswitch else "host"
