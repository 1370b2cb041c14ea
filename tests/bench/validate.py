"""Time playbooks/validate.yml on generated sites of many hosts."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
_MODEL = CHECKOUT / "inventories" / "example-rack"
_GROUPS = ("controllers", "compute")


def numbers(text: str) -> list[int]:
    """Sizes of sites, ascending; the generated ones have three controllers and a compute host."""
    words = text.split(",")
    if not all(word.isdecimal() and int(word) >= 4 for word in words):
        raise argparse.ArgumentTypeError(f"{text}: must be numbers from 4 on, such as 10,100")
    return sorted({int(word) for word in words})


def generate(folder: Path, hosts: int) -> Path:
    """A valid site with *hosts* hosts below *folder*, its model that of the example rack.

    Three controllers, all others compute; management addresses in a /16 of their own.
    """
    place = folder / "group_vars" / "all"
    place.mkdir(parents=True)
    for file in (_MODEL / "group_vars" / "all").glob("*.yml"):
        text = file.read_text()
        if file.name == "fabrics.yml":
            text = text.replace("subnet: 10.0.0.0/24", "subnet: 10.0.0.0/16")
            for range_end in ("10.10.3.254", "10.20.3.254"):
                text = text.replace(range_end, range_end.replace(".3.", ".15."))
        (place / file.name).write_text(text)
    lines = ["all:", "  children:"]
    for group, first, last in zip(_GROUPS, (1, 4), (3, hosts), strict=True):
        lines += [f"    {group}:", "      hosts:"]
        for number in range(first, last + 1):
            address = f"10.0.{16 + number // 250}.{number % 250 + 1}"
            lines.append(
                f"        host-{number}: {{ansible_host: {address}, site_host_index: {number}}}"
            )
    (folder / "hosts.yml").write_text("\n".join(lines) + "\n")
    return folder


def measure(hosts: int) -> dict[str, float]:
    """Wall and CPU seconds of one run of the playbook on a generated site."""
    with tempfile.TemporaryDirectory() as temporary:
        site = generate(Path(temporary) / "site", hosts)
        command = [str(Path(sys.executable).with_name("ansible-playbook"))]
        command += ["-i", str(site), str(CHECKOUT / "playbooks" / "validate.yml")]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")}
        before, start = _cpu(), time.monotonic()
        done = subprocess.run(
            command, env=environment, cwd=CHECKOUT, capture_output=True, text=True
        )
        wall, cpu = time.monotonic() - start, _cpu() - before
        if done.returncode:
            raise SystemExit(f"validate failed on {hosts} hosts:\n{done.stdout}{done.stderr}")
    return {"hosts": hosts, "wall": round(wall, 2), "cpu": round(cpu, 2)}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench validate", description=__doc__)
    parser.add_argument(
        "--hosts", type=numbers, default="10,100,1000", help="comma-separated numbers, from 4 on"
    )
    parser.add_argument("--most", type=float, default=10, help="seconds that the largest may take")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    figures = [measure(number) for number in options.hosts]
    for figure in figures:
        print(
            f"{figure['hosts']:6} hosts  {figure['wall']:6.2f} s wall  {figure['cpu']:6.2f} s CPU"
        )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    if figures[-1]["wall"] > options.most:
        print(f"slower than {options.most:g} s")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
