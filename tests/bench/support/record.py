"""Records what a converged host answers, for simulated hosts to give.

python tests/bench/support/record.py [HOST]: runs playbooks/hosts.yml on a converged lab host
(scripts/lab up) and writes answers.json beside this file: module (and stage) → result, as the
host sent it, and "from", where they come from. host_datapath is not in it: simulated hosts run
the engine itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
ANSWERS = Path(__file__).with_name("answers.json")
#: Behind the action plugin copy, which does not show them: what they say when nothing is to do.
FIXED = {
    "stat": {
        "changed": False,
        "stat": {
            "exists": True, "isdir": False, "isreg": True, "islnk": False, "mode": "0755",
            "size": 90000, "uid": 0, "gid": 0, "checksum": "", "path": "",
        },
    },
    "file": {
        "changed": False, "path": "/usr/local/sbin/slipway-datapath", "state": "file",
        "mode": "0755", "uid": 0, "gid": 0, "owner": "root", "group": "root", "size": 90000,
    },
}  # fmt: skip
#: What a run must bring.
NAMES = ("apt", "host_kernel", "host_rdma:drivers", "host_rdma:settings")


def collect(plays: list[dict[str, Any]], host: str) -> dict[str, Any]:
    """The answers in a run's JSON. SystemExit if the host is not converged."""
    answers = dict(FIXED)
    for task in (task for play in plays for task in play["tasks"]):
        result = dict(task["hosts"].get(host, {}))
        name = key(result)
        if name not in NAMES or result.get("skipped"):
            continue
        if result.get("changed"):
            raise SystemExit(f"{host} is not converged: {name} changed it")
        if result.get("reboot_required"):
            raise SystemExit(f"{host} waits for a reboot: scripts/lab deploy -e host_reboot=true")
        for internal in ("action", "ansible_facts", "invocation", "_ansible_no_log"):
            result.pop(internal, None)
        answers[name] = result
    missing = [name for name in NAMES if name not in answers]
    if missing:
        raise SystemExit(f"the run has no answer of {', '.join(missing)}")
    return answers


def key(result: dict[str, Any]) -> str:
    """Which answer a task's result is."""
    name = result.get("action", "").rpartition(".")[2]
    if name == "host_rdma":
        return f"{name}:{'settings' if 'links' in result else 'drivers'}"
    return "apt" if name == "package" else name


def main() -> int:
    host = sys.argv[1] if len(sys.argv) > 1 else "host-1"
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventories/lab",
            "playbooks/hosts.yml", "--limit", host,
        ],
        cwd=CHECKOUT, capture_output=True, text=True,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the run failed:\n{done.stdout[-2000:]}{done.stderr[-500:]}")
    answers = collect(json.loads(done.stdout[done.stdout.index("{") :])["plays"], host)
    answers["from"] = f"{host} of the lab, {datetime.now(UTC):%Y-%m-%d}"
    ANSWERS.write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n")
    print(f"{ANSWERS.name}: {', '.join(sorted(answers))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
