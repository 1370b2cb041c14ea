"""Snapshots of etcd by a timer, each with the keys without which it is worth nothing."""

from __future__ import annotations

from typing import Any

from ..cluster_kubeadm.api_server import AUTHENTICATION, ENCRYPTION
from ..cluster_kubeadm.etcd import ACCESS, ETCDCTL
from ..cluster_kubeadm.paths import KEYS, PKI
from ..cluster_kubeadm.subject import RECORD
from ..converge import Check, Plan, Step
from ..host_kernel.part import HEADER, file_step
from ..system import System
from .spec import ControlPlaneSpec

FOLDER = "/var/lib/slipway/snapshots"
ETCDUTL = "/usr/local/bin/etcdutl"
UNIT = "slipway-etcd-snapshot"
SCRIPT = f"/usr/local/libexec/slipway/{UNIT}"
SERVICE, TIMER = (f"/etc/systemd/system/{UNIT}.{kind}" for kind in ("service", "timer"))
DATABASE = "etcd.db"
#: Beside the database: where each file is on a control plane; the record says whose they are.
KEPT = {
    "cluster.json": RECORD, "encryption.json": ENCRYPTION, "authentication.json": AUTHENTICATION,
    **{name: f"{PKI}/{name}" for name in KEYS},
}  # fmt: skip
_SCRIPT = """\
set -eu
umask 077
mkdir -p {folder}
chmod 0700 {folder}
cd {folder}
rm -rf .taking-*
work=$(mktemp -d .taking-XXXXXX)
trap 'rm -rf "$work"' EXIT
{etcdctl} snapshot save "$work/{database}"
{etcdutl} snapshot status "$work/{database}" --write-out=json >"$work/status.json"
cp {files} "$work/"
(cd {pki} && cp --parents {keys} "{folder}/$work/")
# appears whole, and only if all of the above held
tar -C "$work" -cf "$work/snapshot.tar" {database} status.json {kept}
sync "$work/snapshot.tar"
mv "$work/snapshot.tar" "etcd-$(date -u +%Y%m%dT%H%M%SZ).tar"
ls -1 etcd-*.tar | sort -r | tail -n +$(({keep} + 1)) | xargs -r rm -f --
"""
_SERVICE = f"""\
[Unit]
Description=Snapshot of etcd
ConditionPathExists=/etc/kubernetes/manifests/etcd.yaml

[Service]
Type=oneshot
ExecStart={SCRIPT}
UMask=0077
Nice=10
IOSchedulingClass=idle
"""
_TIMER = """\
[Unit]
Description=Snapshots of etcd

[Timer]
OnCalendar={calendar}
RandomizedDelaySec=15min
Persistent=true

[Install]
WantedBy=timers.target
"""


class Snapshots:
    """Script, service and timer; without a calendar they go, snapshots that are there stay."""

    name = "snapshots"

    def __init__(self, system: System, spec: ControlPlaneSpec) -> None:
        self.system, self.spec = system, spec

    def files(self) -> dict[str, str | None]:
        if not self.spec.snapshot_calendar:
            return dict.fromkeys((SCRIPT, SERVICE, TIMER))
        script = _SCRIPT.format(
            folder=FOLDER, etcdutl=ETCDUTL, keep=self.spec.snapshot_keep, database=DATABASE,
            files=" ".join((RECORD, ENCRYPTION, AUTHENTICATION)), pki=PKI, keys=" ".join(KEYS),
            kept=" ".join(KEPT), etcdctl=" ".join((ETCDCTL, *ACCESS[:4])),
        )  # fmt: skip
        timer = _TIMER.format(calendar=self.spec.snapshot_calendar)
        return {
            SCRIPT: f"#!/bin/sh\n{HEADER}{script}",
            SERVICE: HEADER + _SERVICE,
            TIMER: HEADER + timer,
        }

    def observe(self) -> dict[str, Any]:
        unit = f"{UNIT}.timer"
        active = self.system.run("systemctl", "is-active", unit, check=False).stdout.strip()
        enabled = self.system.run("systemctl", "is-enabled", unit, check=False).stdout.strip()
        reload = self.system.run("systemctl", "show", "--property=NeedDaemonReload", unit).stdout
        return {
            "files": {path: self.system.read(path) for path in self.files()},
            "runs": active == "active" and enabled == "enabled" and "yes" not in reload,
        }

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        wrote = False
        for path, text in self.files().items():
            name = f"file:{path.rpartition('/')[2]}"
            step = file_step(
                self.system, name, "snapshots of etcd", path, text, seen["files"][path]
            )
            if step:
                plan.steps.append(step)
                wrote = True
        wanted = bool(self.spec.snapshot_calendar)
        if seen["runs"] != wanted or (wrote and wanted):
            plan.steps.append(
                Step("timer:etcd-snapshot", "as the model says", self._start if wanted else
                     self._stop, lambda: None if self.observe()["runs"] == wanted else
                     "systemctl status slipway-etcd-snapshot.timer",
                     before="on" if seen["runs"] else "off", after="on" if wanted else "off")
            )  # fmt: skip

    def _start(self) -> None:
        self.system.run("chmod", "0755", SCRIPT)
        self.system.run("systemctl", "daemon-reload")
        self.system.run("systemctl", "enable", f"{UNIT}.timer")
        self.system.run("systemctl", "restart", f"{UNIT}.timer")

    def _stop(self) -> None:
        self.system.run("systemctl", "disable", "--now", f"{UNIT}.timer", check=False)
        self.system.run("systemctl", "daemon-reload")

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        wanted = bool(self.spec.snapshot_calendar)
        return [
            Check("etcd: snapshots are taken", seen["runs"] == wanted, wanted, seen["runs"],
                  step="timer:etcd-snapshot", look=f"systemctl status {UNIT}.timer")
        ]  # fmt: skip
