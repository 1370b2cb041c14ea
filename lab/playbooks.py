"""From nothing to a verified site: what `up`, `deploy` and `verify` run."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from lab import demo, vf_demo
from lab import federation as postman
from lab.cloud.cloud import Cloud
from lab.command import tail
from lab.errors import LabError
from lab.instance import Lab
from lab.machine import DEFAULT_SET, Machine
from lab.node.node import BESIDE, TWO_SITES, Node
from lab.node.node import DEFAULT_SET as NODES
from lab.paths import CHECKOUT
from lab.progress import phase, say, summary

VENV = CHECKOUT / ".venv" / "bin"


def up(lab: Lab, *, rdma: bool = False) -> None:
    """Machines, clusters and a cloud from nothing, converged, verified; seconds of each phase."""
    with phase("virtual environment"):
        shown(lab, "bootstrap", [str(CHECKOUT / "scripts" / "bootstrap")])
    with phase("image"):
        lab.image()
    with phase("machines"):
        lab.start(DEFAULT_SET)
    with phase("deploy"):
        deploy(lab, [])
    with phase("verify"):
        verify(lab, [])
    with phase("nodes of two sites"):
        lab.start(TWO_SITES)
    if rdma:
        with phase("a virtual machine with VFs as a node"):
            lab.start([vf_demo.NODE])
            where = ["-i", "inventories/lab-alpha", "playbooks/hosts.yml"]
            program = str(VENV / "ansible-playbook")
            shown(lab, "hosts-alpha", [program, *where, "--limit", vf_demo.NODE])
    with phase("clusters"):
        clusters(lab, ["-e", f"cluster_addons_wait={vf_demo.PATIENCE}"] if rdma else [])
    with phase("federation"):
        federation(lab, [])
    with phase("verify the links"):
        verify_federation(lab, [])
    demo.show(lab)
    if rdma:
        vf_demo.show(lab)
    with phase("cloud"), lab.locked():
        Cloud(lab.paths).up()
    with phase("what is in the cloud"):
        cloud(lab, [])
    with phase("verify the cloud"):
        verify_cloud(lab, [])
    say("the lab is up")
    say("bare hosts have their IOMMU off until: scripts/lab deploy -e host_reboot=true")
    summary()


def deploy(lab: Lab, arguments: list[str]) -> None:
    """Converge the running machines."""
    playbook(lab, "hosts", arguments)


def verify(lab: Lab, arguments: list[str]) -> None:
    """Prove it; the playbook says where its report is."""
    playbook(lab, "verify", arguments)


def clusters(lab: Lab, arguments: list[str]) -> None:
    """Converge the clusters of the running nodes' sites."""
    on_clusters(lab, "clusters", arguments)


def verify_clusters(lab: Lab, arguments: list[str]) -> None:
    """Measure between their pods; the playbook shows the matrix and where its report is."""
    on_clusters(lab, "verify_clusters", arguments)


def on_clusters(lab: Lab, name: str, arguments: list[str]) -> None:
    wanted = {}
    for site in sites(lab):
        here = [each for each in lab.running_nodes() if Node.named(each).site == site]
        here += by_inventory(lab).get(f"lab-{site}", [])
        wanted[site] = [*limit(here, arguments), *arguments]
    of_sites(lab, name, wanted)


def limit(running: list[str], arguments: list[str]) -> list[str]:
    """To what runs, where the caller does not say."""
    said = any(word.startswith(("-l", "--limit")) for word in arguments)
    return [] if said else ["--limit", ",".join(running)]


def federation(lab: Lab, arguments: list[str]) -> None:
    """Each site's administrator runs federation.yml, the post goes between, until all is said."""
    due = set(sites(lab))
    for _ in range(4):
        of_sites(lab, "federation", {site: arguments for site in sites(lab) if site in due})
        due = postman.carry(lab.paths)
        if not due:
            break
    say("prove the links with: scripts/lab verify-federation")


def verify_federation(lab: Lab, arguments: list[str]) -> None:
    """Each site's administrator proves its side of the links."""
    of_sites(lab, "verify_federation", dict.fromkeys(sites(lab), arguments))


def cloud(lab: Lab, arguments: list[str]) -> None:
    """Converge what is in the cloud that runs."""
    on_cloud(lab, "cloud", arguments)


def verify_cloud(lab: Lab, arguments: list[str]) -> None:
    """Prove it: agents, VFs, flavors, a server with a VF; the playbook says where its report is."""
    on_cloud(lab, "verify_cloud", arguments)


def on_cloud(lab: Lab, name: str, arguments: list[str]) -> None:
    if not Cloud(lab.paths).runs():
        raise LabError("no cloud runs; start it with: scripts/lab cloud up")
    where = ["-i", "inventories/lab-cloud", f"playbooks/{name}.yml"]
    shown(lab, name, [str(VENV / "ansible-playbook"), *where, *arguments])


def sites(lab: Lab) -> list[str]:
    """Of the nodes that run."""
    found = dict.fromkeys(Node.named(name).site for name in lab.running_nodes())
    if not found:
        raise LabError(f"no node runs; start some with: scripts/lab start {' '.join(NODES)}")
    return list(found)


def of_sites(lab: Lab, name: str, arguments: dict[str, list[str]]) -> None:
    """Each site's administrator runs the playbook, all at the same time."""
    marks = {site: f"{site}: " if len(arguments) > 1 else "" for site in arguments}
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(
                shown, lab, f"{name}-{site}",
                [str(VENV / "ansible-playbook"), "-i", f"inventories/{inventory(lab, site)}",
                 f"playbooks/{name}.yml", *words],
                marks[site],
            )
            for site, words in arguments.items()
        ]  # fmt: skip
    for run in runs:
        run.result()


def inventory(lab: Lab, site: str) -> str:
    """Folder in inventories, of a site beside those that run."""
    found = (BESIDE[site, other] for other in sites(lab) if (site, other) in BESIDE)
    return next(found, f"lab-{site}")


def playbook(lab: Lab, name: str, arguments: list[str]) -> None:
    running = lab.running()
    if not running:
        raise LabError("no machine runs; start some with: scripts/lab start")
    program = VENV / "ansible-playbook"
    if not program.exists():
        raise LabError("the virtual environment is missing; make it with: scripts/bootstrap")
    file = f"playbooks/{name}.yml"
    for inventory, here in by_inventory(lab).items():
        limited = limit(here, arguments)
        where = ["-i", f"inventories/{inventory}"]
        shown(lab, name, [str(program), *where, file, *limited, *arguments])


def by_inventory(lab: Lab) -> dict[str, list[str]]:
    """{folder in inventories: running machines of it}"""
    found: dict[str, list[str]] = {}
    for name in lab.running():
        found.setdefault(Machine.named(name).kind.inventory, []).append(name)
    return found


def shown(lab: Lab, name: str, argv: list[str], mark: str = "") -> None:
    """Run a command whose output people see now, each line with the mark, and in the log."""
    lab.paths.make()
    log = lab.paths.logs / f"{name}.log"
    env = {**os.environ, "SLIPWAY_LAB": lab.paths.instance, "PYTHONUNBUFFERED": "1"}
    env["PATH"] = f"{VENV}:{env['PATH']}"
    if sys.stdout.isatty():
        env["ANSIBLE_FORCE_COLOR"] = "1"
    with log.open("wb") as copy:
        process = subprocess.Popen(
            argv, cwd=CHECKOUT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert process.stdout
        for line in process.stdout:
            sys.stdout.buffer.write(mark.encode() + line)
            sys.stdout.flush()
            copy.write(line)
        code = process.wait()
    if code:
        raise LabError(f"{name}: exit {code}\n{tail(log, 4)}")
