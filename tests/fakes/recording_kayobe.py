"""A recording stand-in of Kayobe: a program that notes how it was called and answers as told."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

_PROGRAM = """\
#!{python}
import json, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
told = json.load(open(os.path.join(here, "told.json")))
if "--version" in sys.argv:
    print("kayobe " + told["version"])
    sys.exit(0)
words = sys.argv[1:]
with open(os.path.join(here, "calls.jsonl"), "a") as calls:
    seen = {{k: v for k, v in os.environ.items()
            if k.startswith(("KAYOBE", "KOLLA", "SLIPWAY", "ANSIBLE"))}}
    call = {{"words": words, "environment": seen, "directory": os.getcwd()}}
    calls.write(json.dumps(call) + "\\n")
for command, answer in told["answers"].items():
    if " ".join(words).startswith(command):
        print(answer["output"], flush=True)
        time.sleep(answer.get("seconds", 0))
        sys.exit(answer["status"])
print("PLAY [Something] ****\\n\\nTASK [kayobe : A task] ****\\nok: [control-1]", flush=True)
"""


class RecordingKayobe:
    """The stand-in in a folder; ``answer`` tells it what to do, ``calls`` what it was asked."""

    def __init__(self, folder: Path, version: str = "20.2.0") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.program = folder, folder / "kayobe"
        self.told: dict[str, Any] = {"version": version, "answers": {}}
        self.program.write_text(_PROGRAM.format(python=sys.executable))
        os.chmod(self.program, 0o755)
        self._tell()

    def answer(self, command: str, output: str = "", status: int = 0, seconds: float = 0) -> None:
        """How a command that begins so is answered from now on."""
        answer = {"output": output, "status": status, "seconds": seconds}
        self.told["answers"][command] = answer
        self._tell()

    def works(self) -> None:
        """All commands work again."""
        self.told["answers"] = {}
        self._tell()

    def _tell(self) -> None:
        (self.folder / "told.json").write_text(json.dumps(self.told))

    @property
    def calls(self) -> list[dict[str, Any]]:
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def commands(self) -> list[str]:
        """The command lines, without the program."""
        return [" ".join(call["words"]) for call in self.calls]
