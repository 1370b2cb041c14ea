"""Kayobe's commands in order; the work is in module_utils/cloud_deploy.

An action, not a module: it runs on the controller, and what Kayobe does is shown while it does it.
"""

from __future__ import annotations

from pathlib import Path

import ansible.module_utils
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

_HERE = str(Path(__file__).resolve().parents[1] / "module_utils")
if _HERE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_HERE)

from ansible.module_utils.cloud_deploy import CloudDeploy, DeploySpec  # noqa: E402
from ansible.module_utils.cloud_deploy.program import Program  # noqa: E402
from ansible.module_utils.converge import ConvergeError, converge  # noqa: E402
from ansible.module_utils.host_kernel import difference  # noqa: E402
from ansible.module_utils.system import System  # noqa: E402

display = Display()
_LISTS = {"type": "list", "elements": "str"}
ARGUMENTS = {
    "folder": {"type": "path", "required": True},
    "release": {"type": "str", "required": True},
    "bond_owner": {"type": "str", "choices": ["kit", "kayobe"], "default": "kit"},
    "steps": {**_LISTS, "required": True},
    "again": {**_LISTS, "default": []},
    "limit": {"type": "str", "default": ""},
    "vault_password_file": {"type": "str", "default": ""},
    "program": {"type": "str", "default": "kayobe"},
    "directory": {"type": "str", "default": ""},
    "environment": {"type": "dict", "default": {}},
    "log": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):
    """Arguments: those of plugins/modules/cloud_deploy.py."""

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _, given = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            done = converge(self._subject(given), check=self._task.check_mode)
        except (ConvergeError, OSError, ValueError, RuntimeError) as error:
            return {**result, "failed": True, "msg": str(error)}
        if done.refusals:
            return {**result, "failed": True, "msg": "refused: " + "; ".join(done.refusals)}
        more = {"changed": done.changed, "steps": done.steps, "diff": difference(done.steps)}
        return {**result, **more}

    def _subject(self, given):
        own = {"KAYOBE_CONFIG_PATH": given["folder"]}
        own |= {name: str(value) for name, value in given["environment"].items()}
        program = Program(
            given["program"], given["directory"] or given["folder"], own, given["log"],
            lambda line: display.display(line, color="bright blue"),
        )  # fmt: skip
        names = ("folder", "release", "bond_owner", "steps", "again", "limit")
        spec = DeploySpec(
            **{name: given[name] for name in names},
            vault_password_file=given["vault_password_file"],
            announced=self._task.check_mode,
        )
        return CloudDeploy(System(), spec, program)
