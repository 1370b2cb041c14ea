"""Reboot a host and wait until it is healthy; hold back the others if it is not.

The task has ``throttle: 1``, so hosts come one at a time. Ansible would still go on to the
next host after a failure: a note in the run's own temporary folder stops that.
"""

from __future__ import annotations

import time
from pathlib import Path

import ansible.module_utils
from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action.reboot import ActionModule as Reboot
from ansible.utils.display import Display

_HERE = str(Path(__file__).resolve().parents[1] / "module_utils")
if _HERE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_HERE)

from ansible.module_utils.host_kernel.health import unhealthy  # noqa: E402

display = Display()


class ActionModule(Reboot):
    """Arguments: ``module`` and ``arguments``, which say whether the host needs a reboot (a module
    with ``health`` that returns ``reboot_reasons``); ``health_timeout`` (s); and the timeouts
    of ansible.builtin.reboot."""

    _VALID_ARGS = Reboot._VALID_ARGS | {"module", "arguments", "health_timeout"}

    def run(self, tmp=None, task_vars=None):
        self._supports_check_mode = True
        if self._task.check_mode:
            return {"changed": True, "rebooted": False}
        arguments = dict(self._task.args)
        self.module = arguments.pop("module")
        self.arguments = arguments.pop("arguments", {})
        timeout = float(arguments.pop("health_timeout", 300))
        host = task_vars["inventory_hostname"]
        note = Path(C.DEFAULT_LOCAL_TMP) / "slipway-reboot-failed"
        if note.exists():
            return {
                "failed": True,
                "rebooted": False,
                "msg": f"not rebooted: {note.read_text()} did not come back healthy. "
                "Look at it first, then run again",
            }
        before = self._look(task_vars)
        if before.get("failed"):
            return before
        if not before["reboot_reasons"]:
            # done meanwhile: another role had the host rebooted
            return {"changed": False, "rebooted": False}
        self._task.args = arguments
        note.write_text(host)
        result = super().run(tmp, task_vars)
        if result.get("failed") or not result.get("rebooted", True):
            return result
        problem = self._wait(before["health"], timeout, task_vars)
        if problem:
            return {**result, "failed": True, "msg": f"rebooted, but not healthy: {problem}"}
        note.unlink()
        return result

    def _wait(self, before, timeout, task_vars):
        """None once the host is healthy, else why it is not."""
        end = time.monotonic() + timeout
        while True:
            try:
                after = self._look(task_vars)
                problem = after.get("msg") if after.get("failed") else None
                problem = problem or unhealthy(before, after["health"], after["reboot_reasons"])
            except AnsibleConnectionFailure as error:
                problem = str(error)
                self._connection.reset()
            if not problem or time.monotonic() > end:
                return problem
            display.vvv(f"{task_vars['inventory_hostname']}: {problem}")
            time.sleep(5)

    def _look(self, task_vars):
        """The module's answer without a change."""
        self._task.check_mode = True
        try:
            return self._execute_module(
                module_name=self.module,
                module_args={**self.arguments, "health": True},
                task_vars=task_vars,
            )
        finally:
            self._task.check_mode = False
