"""Records what a converged host answers, for simulated hosts to give.

python tests/bench/support/record.py [HOST]: runs playbooks/hosts.yml on a converged lab host
(scripts/lab up) and writes answers.json beside this file. Module → result, as the host sent it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
ANSWERS = Path(__file__).with_name("answers.json")
#: Modules behind Ansible's own action plugins: what they say when there is nothing to do.
FIXED = {
    "apt": {"changed": False, "cache_updated": False, "cache_update_time": 1795324800},
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
    answers = dict(FIXED)
    for play in json.loads(done.stdout[done.stdout.index("{") :])["plays"]:
        for task in play["tasks"]:
            result = task["hosts"].get(host, {})
            name = result.get("action", "")
            if not name.startswith("host_") or result.get("skipped"):
                continue
            if result.get("changed"):
                raise SystemExit(f"{host} is not converged: {name} changed it")
            for key in ("action", "invocation", "_ansible_no_log"):
                result.pop(key, None)
            answers[name] = result
    ANSWERS.write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n")
    print(f"{ANSWERS.name}: {', '.join(sorted(answers))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
