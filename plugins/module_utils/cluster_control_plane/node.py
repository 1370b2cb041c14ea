"""What the parts of a control plane share: asking the node's own API server, waiting for pods."""

from __future__ import annotations

import re

from ..cluster_kubeadm.paths import ADMIN, API_SERVER, KUBECTL, MANIFESTS, NODE
from ..system import Output, System

COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
PATIENCE = 180
_ARGUMENT = re.compile(r"^    - (--?\S.*)$", re.M)
_ENVIRONMENT = re.compile(r"^    - name: (\S+)\n      value: (\S+)$", re.M)


def is_member(system: System) -> bool:
    """Whether kubeadm has made a control plane here; in check mode it may not yet."""
    return system.exists(NODE) and system.exists(API_SERVER)


def kubectl(system: System, *argv: str, check: bool = True, stdin: str | None = None) -> Output:
    """As administrator, at the cluster's endpoint."""
    return system.run(
        KUBECTL, "--kubeconfig", ADMIN, "--request-timeout", "20s", *argv, check=check, stdin=stdin
    )


def manifest(system: System, component: str) -> str:
    return system.read(f"{MANIFESTS}/{component}.yaml") or ""


def pids(system: System, program: str) -> list[int]:
    """Processes of a program, by its name."""
    found = []
    for path in system.glob("/proc/[0-9]*/cmdline"):
        words = (system.read(path) or "").split("\0")
        if words[0].rpartition("/")[2] == program:
            found.append(int(path.split("/")[2]))
    return found


def runs_as_written(system: System, component: str) -> str | None:
    """None once the process has the manifest's arguments and environment, and answers."""
    text = manifest(system, component)
    wanted = {word.strip("'\"") for word in _ARGUMENT.findall(text)}
    settings = {f"{name}={value.strip(chr(34))}" for name, value in _ENVIRONMENT.findall(text)}
    running = pids(system, component)
    if len(running) != 1:
        return f"{len(running)} processes of {component}: journalctl -u kubelet"
    place = f"/proc/{running[0]}"
    words = set((system.read(f"{place}/cmdline") or "").split("\0"))
    environment = set((system.read(f"{place}/environ") or "").split("\0"))
    if not (wanted <= words and settings <= environment):
        return f"{component} still runs with what it had before"
    return answers(system) if component == COMPONENTS[0] else None


def answers(system: System) -> str | None:
    """None once the node's own API server is ready."""
    address = re.search(r"--advertise-address=(\S+)", manifest(system, COMPONENTS[0]))
    port = re.search(r"--secure-port=(\d+)", manifest(system, COMPONENTS[0]))
    host = address[1] if address else "127.0.0.1"
    server = f"https://[{host}]" if ":" in host else f"https://{host}"
    asked = kubectl(
        system, "--server", f"{server}:{port[1] if port else 6443}", "get", "--raw", "/readyz",
        check=False,
    )  # fmt: skip
    return None if asked.stdout == "ok" else f"its API server is not ready: {asked.stderr[-200:]}"


def reachable(system: System) -> bool:
    """Whether the cluster's endpoint serves; waits, as a virtual address may be on its way."""
    for _attempt in range(10):
        if kubectl(system, "get", "--raw", "/readyz", check=False).stdout == "ok":
            return True
        system.sleep(2)
    return False
