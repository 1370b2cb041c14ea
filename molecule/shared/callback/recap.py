"""Write what each playbook did where a later step of a Molecule scenario can read it."""

import json
import os
from pathlib import Path

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: recap
type: aggregate
short_description: recap and steps as files in Molecule's directory of the scenario
description:
  - Writes recap-PLAYBOOK.json with the counts of every host, and its tasks.
  - Writes steps-PLAYBOOK.json, in check mode plan-PLAYBOOK.json, with the names of the steps
    that the kit's modules reported for every host.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "recap"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        self.name = Path(playbook._file_name).stem
        self.steps = {}

    def v2_runner_on_ok(self, result):
        # a guarded change is reported twice: when it is planned and, with its seconds, when done
        known = self.steps.setdefault(result._host.get_name(), {})
        checking = context.CLIARGS.get("check")
        for step in result._result.get("steps", ()):
            if checking or "seconds" in step:
                known[step["name"]] = None

    def v2_playbook_on_stats(self, stats):
        counts = {host: stats.summarize(host) for host in stats.processed}
        for count in counts.values():
            count["tasks"] = sum(count[key] for key in ("ok", "skipped", "failures"))
        steps = {host: list(names) for host, names in self.steps.items()}
        place = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
        kind = "plan" if context.CLIARGS.get("check") else "steps"
        for name, value in (("recap", counts), (kind, steps)):
            (place / f"{name}-{self.name}.json").write_text(json.dumps(value))
