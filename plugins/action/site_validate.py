"""Check a site's model; the work is in module_utils/site_model.

An action, not a module: Ansible's own templates and hosts are at hand, and nothing is packed.
"""

from __future__ import annotations

from pathlib import Path

import ansible.module_utils
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template
from ansible.utils.display import Display

_HERE = str(Path(__file__).resolve().parents[1] / "module_utils")
if _HERE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_HERE)

from ansible.module_utils.site_model.inventory import folder_of, only_ansible_knows  # noqa: E402
from ansible.module_utils.site_model.validate import validate  # noqa: E402

display = Display()


class ActionModule(ActionBase):
    """No arguments. Returns ``errors``, ``warnings_found``, ``notes`` (file, line, key, value,
    rule, severity, message, fix) and ``hosts``, the number of hosts looked at."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset()

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        sources = task_vars["ansible_inventory_sources"]
        folder, *others = dict.fromkeys(folder_of(source) for source in sources)
        if others:
            names = ", ".join(map(str, [folder, *others]))
            msg = f"a site is one folder, and these were given: {names}. Give one with -i"
            return {**result, "failed": True, "msg": msg}
        self.variables = task_vars
        report = validate(folder, self._hosts(sources), self._template)
        found = report.as_dict()
        found["warnings_found"] = found.pop("warnings")
        summary = f"{folder.name}: {report.summary()}"
        if found["errors"]:
            return {**result, **found, "failed": True, "msg": "\n".join([summary, *report.lines()])}
        for line in [*report.lines(), summary]:
            display.display(line)
        return {**result, **found, "msg": summary}

    def _hosts(self, sources):
        """The hosts as ``site_host``; None where they are in YAML files, which have lines."""
        if not only_ansible_knows(sources):
            return None
        hostvars = self.variables["hostvars"]
        return [hostvars[name]["site_host"] for name in self.variables["groups"]["all"]]

    def _template(self, text, host):
        """A template's value for a host, or for all. ValueError says why there is none."""
        templar = self._templar
        if host:
            own = self.variables["hostvars"].raw_get(host)
            templar = templar.copy_with_new_env(available_variables=own)
        try:
            return templar.template(trust_as_template(text))
        except AnsibleError as error:
            raise ValueError(str(error).splitlines()[0]) from None
