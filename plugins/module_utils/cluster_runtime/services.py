"""containerd and kubelet as services, with their configuration."""

from __future__ import annotations

import os
import time
from typing import Any

from ..converge import Check, Plan, Step
from ..host_kernel.part import HEADER, file_step
from ..system import System
from .spec import RuntimeSpec

CONTAINERD = "containerd.service"
KUBELET = "kubelet.service"
CONFIG = "/etc/containerd/config.toml"
UNITS = "/etc/systemd/system"

_CONFIG = """\
version = 3

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "{sandbox}"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = {restrict}

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["/opt/cni/bin"]
  conf_dir = "{cni}"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  SystemdCgroup = {systemd}
"""
_CONTAINERD = """\
[Unit]
Description=containerd
After=network.target local-fs.target

[Service]
ExecStart=/usr/local/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=2
TasksMax=infinity
# containers have it from here: RDMA registers memory by locking it
LimitMEMLOCK=infinity

[Install]
WantedBy=multi-user.target
"""
# kubeadm writes the flags and the configuration at init or join; until then kubelet waits
_KUBELET = """\
[Unit]
Description=kubelet
Wants=containerd.service
After=containerd.service
ConditionPathExists=/var/lib/kubelet/config.yaml

[Service]
Environment="CONFIG=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# further configuration of one node
ConfigurationDirectory=kubernetes/kubelet.conf.d
ExecStart=/usr/local/bin/kubelet $CONFIG --config-dir=/etc/kubernetes/kubelet.conf.d $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
"""  # noqa: E501  kubeadm's own line, whole as its drop-in has it


class Services:
    """Files, then containerd running with them, then kubelet enabled for kubeadm to start."""

    name = "services"

    def __init__(self, system: System, spec: RuntimeSpec) -> None:
        self.system, self.spec = system, spec
        self.programs = ("/usr/local/bin/containerd",)

    def files(self) -> dict[str, str]:
        """{path: text}"""
        config = _CONFIG.format(
            sandbox=self.spec.sandbox_image,
            cni=self.spec.cni_conf_dir,
            restrict=str(self.spec.restrict_oom_score_adj).lower(),
            systemd=str(self.spec.cgroup_driver == "systemd").lower(),
        )
        return {
            CONFIG: HEADER + config,
            f"{UNITS}/{CONTAINERD}": HEADER + _CONTAINERD,
            f"{UNITS}/{KUBELET}": HEADER + _KUBELET,
        }

    def observe(self) -> dict[str, Any]:
        return {
            "files": {path: self.system.read(path) for path in self.files()},
            "containerd": self._unit(CONTAINERD),
            "kubelet": self._unit(KUBELET),
            "outdated": self._outdated(),
        }

    def _unit(self, unit: str) -> dict[str, Any]:
        shown = self.system.run(
            "systemctl", "show", "--property=ActiveState,UnitFileState,NeedDaemonReload", unit
        ).stdout
        facts = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
        return {
            "active": facts.get("ActiveState") == "active",
            "enabled": facts.get("UnitFileState") == "enabled",
            "reload": facts.get("NeedDaemonReload") == "yes",
        }

    def _outdated(self) -> bool:
        """Whether containerd runs since before its files were last written."""
        shown = self.system.run("systemctl", "show", "--property=MainPID", CONTAINERD).stdout
        pid = int(shown.strip().partition("=")[2] or 0)
        started = began(self.system, pid) if pid else None
        if started is None:
            return False
        files = (CONFIG, f"{UNITS}/{CONTAINERD}", *self.programs)
        changed = [os.stat(self.system.path(f)).st_ctime for f in files if self.system.exists(f)]
        return any(when > started for when in changed)

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        wrote = False
        for path, text in self.files().items():
            name = f"file:{path.rpartition('/')[2]}"
            step = file_step(self.system, name, "as the kit writes it", path, text,
                             seen["files"][path])  # fmt: skip
            if step:
                plan.steps.append(step)
                wrote = True
        now = seen["containerd"]
        programs = any(step.name == "artifact:containerd" for step in plan.steps)
        if wrote or programs or seen["outdated"] or now["reload"] or not now["active"]:
            plan.steps.append(self._restart(now))
        for unit, facts in ((CONTAINERD, seen["containerd"]), (KUBELET, seen["kubelet"])):
            if not facts["enabled"]:
                plan.steps.append(self._enable(unit))

    def _restart(self, now: dict[str, Any]) -> Step:
        def do() -> None:
            self.system.run("systemctl", "daemon-reload")
            self.system.run("systemctl", "restart", CONTAINERD)

        def proof() -> str | None:
            if not self._unit(CONTAINERD)["active"]:
                return "containerd is not active: journalctl -u containerd"
            return "containerd runs with older files" if self._outdated() else None

        # its shims hold running containers, they go on
        return Step(
            "service:containerd", "with the files as they are now", do, proof,
            before="active" if now["active"] else "not active", after="active", patience=20,
        )  # fmt: skip

    def _enable(self, unit: str) -> Step:
        return Step(
            f"enable:{unit.partition('.')[0]}", "at every boot",
            lambda: self.system.run("systemctl", "enable", unit),
            lambda: None if self._unit(unit)["enabled"] else f"{unit} is not enabled",
            before="not enabled", after="enabled",
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        active = seen["containerd"]["active"] and not seen["outdated"]
        return [
            Check("containerd runs", active, "active", "active" if active else "not active",
                  step="service:containerd", look="journalctl -u containerd"),
            *(
                Check(f"{path} is as written", seen["files"][path] == text.rstrip(), "as written",
                      "as written" if seen["files"][path] == text.rstrip() else "something else",
                      step=f"file:{path.rpartition('/')[2]}", look=path)
                for path, text in self.files().items()
            ),
        ]  # fmt: skip


def began(system: System, pid: int) -> float | None:
    """When a process began, in seconds since 1970; to a hundredth, unlike systemd's word."""
    stat = system.read(f"/proc/{pid}/stat")
    if stat is None:
        return None
    ticks = int(stat.rpartition(")")[2].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age
