"""The distribution's packages: what is installed, and how to install the rest."""

from __future__ import annotations

from typing import Protocol

from ..system import System

APT = (
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "-q",
    "-y",
    "-o",
    "DPkg::Lock::Timeout=600",
)


class Packages(Protocol):
    """Raises CommandError with the tool's last words."""

    family: str
    rdma: tuple[str, ...]

    def versions(self, names: tuple[str, ...]) -> dict[str, str]:
        """Versions of those of *names* that are installed."""
        ...

    def install(self, names: list[str]) -> None: ...

    def install_file(self, path: str) -> None:
        """A package from a file, here one that brings a repository."""
        ...


class Debian:
    """Debian, Ubuntu. The state is read from dpkg's own file: no process on a run without work."""

    family = "debian"
    rdma = ("rdma-core", "ibverbs-providers", "ibverbs-utils", "rdmacm-utils", "perftest")

    def __init__(self, system: System) -> None:
        self.system = system

    def versions(self, names: tuple[str, ...]) -> dict[str, str]:
        found = {}
        for block in (self.system.read("/var/lib/dpkg/status") or "").split("\n\n"):
            if not block.startswith(tuple(f"Package: {name}\n" for name in names)):
                continue
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line[:40])
            if fields.get("Status", "").endswith(" installed"):
                found[fields["Package"]] = fields.get("Version", "")
        return found

    def install(self, names: list[str]) -> None:
        command = (*APT, "install", "--no-install-recommends", *names)
        answer = self.system.run(*command, check=False, timeout=1800)
        if answer.status:
            # lists that are missing or too old
            self.system.run(*APT, "update", timeout=600)
            self.system.run(*command, timeout=1800)

    def install_file(self, path: str) -> None:
        self.system.run("dpkg", "--install", path, timeout=600)
        self.system.run(*APT, "update", timeout=600)


class RedHat:
    """RHEL and its relatives."""

    family = "redhat"
    rdma = ("rdma-core", "libibverbs", "libibverbs-utils", "librdmacm-utils", "perftest")

    def __init__(self, system: System) -> None:
        self.system = system

    def versions(self, names: tuple[str, ...]) -> dict[str, str]:
        # rpm fails when one of them is missing, and still prints the others
        answer = self.system.run(
            "rpm",
            "--query",
            "--queryformat",
            "%{NAME} %{VERSION}-%{RELEASE}\\n",
            *names,
            check=False,
        )
        lines = (line.split() for line in answer.stdout.splitlines())
        return {words[0]: words[1] for words in lines if len(words) == 2 and words[0] in names}

    def install(self, names: list[str]) -> None:
        self.system.run("dnf", "--assumeyes", "install", *names, timeout=1800)

    def install_file(self, path: str) -> None:
        self.system.run("rpm", "--upgrade", path, timeout=600)


def packages(system: System) -> Packages | None:
    """The family of this host by /etc/os-release; None if the kit does not know it."""
    pairs = (line.partition("=") for line in (system.read("/etc/os-release") or "").splitlines())
    release = {key: value.strip('"') for key, _, value in pairs}
    names = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    if names & {"debian", "ubuntu"}:
        return Debian(system)
    if names & {"rhel", "fedora", "centos"}:
        return RedHat(system)
    return None
