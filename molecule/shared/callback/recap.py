"""Write each playbook's recap where a later step of a Molecule scenario can read it."""

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: recap
type: aggregate
short_description: the recap as a file in Molecule's directory of the scenario
description: Writes recap-PLAYBOOK.json with the counts of every host.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "recap"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        self.name = Path(playbook._file_name).stem

    def v2_playbook_on_stats(self, stats):
        counts = {host: stats.summarize(host) for host in stats.processed}
        place = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
        (place / f"recap-{self.name}.json").write_text(json.dumps(counts))
