"""The lab's link with tokens in place of trust: 20 rotations under a client that starts pods.

Tokens live 600 s, the least that an API server makes; each is replaced after seconds, by
``federation_rotate_now``, so every rotation is one before its time.
"""

import base64
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from clusters import Cluster, eventually

from lab import federation as postman
from lab.paths import CHECKOUT, Paths

BETA = "https://192.168.78.31:6443"
LINK, SPACE = "alpha-to-beta", "-n shared"
ROTATIONS = int(os.environ.get("ROTATIONS", "20"))
#: Of the client, in seconds: it is not there to keep the machine busy.
PAUSE = 0.5
ACCOUNT = f"system:serviceaccount:slipway-federation:{LINK}"
PATHS = Paths.of()
#: What a client is told whom the API server does not know.
UNKNOWN = ("Unauthorized", "must be logged in", "provide credentials")


class Sites:
    """Both administrators, and the post between them; their models say ``credential: token``."""

    def __init__(self, alpha, beta, folder):
        self.alpha, self.beta, self.folder = alpha, beta, folder
        for site in ("alpha", "beta"):
            copy = folder / f"lab-{site}"
            shutil.copytree(CHECKOUT / f"inventories/lab-{site}", copy)
            model = copy / "group_vars/all/federation.yml"
            ends = "      source: alpha\n      target: beta\n"
            says = f"{ends}      credential: token\n      token_lifetime: 600\n"
            model.write_text(model.read_text().replace(ends, says))
        self.said = []

    def play(self, site, book="rotate", *arguments):
        home = CHECKOUT / f"inventories/lab-{site}"
        done = subprocess.run(
            ["ansible-playbook", "-i", str(self.folder / f"lab-{site}"),
             f"playbooks/{book}.yml", "-e", f"inventory_dir={home}",
             "-e", "site_validate_first=false", *arguments],
            cwd=CHECKOUT, capture_output=True, text=True, check=False,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        )  # fmt: skip
        self.said.append(done.stdout + done.stderr)
        assert done.returncode == 0, self.said[-1][-3000:]
        return done.stdout

    def agree(self):
        """Until nothing new is sent."""
        due = {"alpha", "beta"}
        while due:
            for site in sorted(due, reverse=True):
                self.play(site, "federation")
            due = postman.carry(PATHS)

    def rotate(self):
        """beta makes a token, it is carried, alpha takes it."""
        self.play("beta", "rotate", "--diff", "-v", "-e", "federation_rotate_now=true")
        assert postman.carry(PATHS) == {"alpha"}
        self.play("alpha", "rotate", "--diff", "-v")

    def token(self):
        where = f"-n admiralty secret slipway-token-{LINK} -o jsonpath={{.data.token}}"
        return base64.b64decode(self.alpha.ask(f"get {where}")).decode()

    def by(self, token, arguments, stdin=None):
        """As who has the token; it is in no file, and the lab's own test may show it."""
        program = (
            "kubectl --kubeconfig /dev/null --insecure-skip-tls-verify "
            f"--server {BETA} --token {token}"
        )
        return self.alpha.run(arguments, stdin, program)


@pytest.fixture(scope="module")
def sites(request, tmp_path_factory):
    from testinfra import get_host

    config = str(PATHS.ssh_config)
    hosts = [get_host(f"ssh://{n}-control-1", ssh_config=config) for n in ("alpha", "beta")]
    made = Sites(*map(Cluster, hosts), tmp_path_factory.mktemp("inventories"))
    made.agree()
    return made


@pytest.fixture(autouse=True)
def once(host):
    if host.backend.hostname != "alpha-control-1":
        pytest.skip("once for both sites")


def chaperon(name):
    secure = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {"name": "c", "image": "registry.lab/toolbox:1", "securityContext": secure,
                 "command": ["sh", "-c", "sleep inf"]}  # fmt: skip
    security = {"runAsNonRoot": True, "runAsUser": 1000,
                "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip
    return {
        "apiVersion": "multicluster.admiralty.io/v1alpha1", "kind": "PodChaperon",
        "metadata": {"name": name, "namespace": "shared", "labels": {"client": "rotation"}},
        "spec": {"containers": [container], "securityContext": security,
                 "terminationGracePeriodSeconds": 0},
    }  # fmt: skip


class Client(threading.Thread):
    """Starts and ends pods in beta all the while, with the token that alpha has just then."""

    def __init__(self, sites):
        super().__init__(daemon=True)
        self.sites, self.over = sites, threading.Event()
        self.started, self.refused, self.failed, self.tokens = 0, [], [], set()

    def run(self):
        number = 0
        while not self.over.is_set():
            number += 1
            token, name = self.sites.token(), f"client-{number}"
            self.tokens.add(token)
            made = self.sites.by(token, "create -f -", chaperon(name))
            self.started += made.rc == 0
            gone = self.sites.by(token, f"delete podchaperon {SPACE} {name} --ignore-not-found")
            for done in (made, gone):
                if any(word in done.stderr for word in UNKNOWN):
                    self.refused.append(done.stderr)
                elif done.rc:
                    self.failed.append(done.stderr)
            self.over.wait(PAUSE)


def job(name):
    template = chaperon(name)["spec"]
    template["containers"][0]["command"] = ["sh", "-c", "true"]
    template["restartPolicy"] = "Never"
    elect = {"multicluster.admiralty.io/elect": ""}
    return {
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "namespace": "shared", "labels": {"part": "rotation"}},
        "spec": {"template": {"metadata": {"annotations": elect}, "spec": template}},
    }  # fmt: skip


def whoami(sites, token):
    return sites.by(token, "auth whoami -o jsonpath={.status.userInfo.username}")


def test_the_target_trusts_nobodys_issuer_and_knows_the_links_account(sites):
    file = "/etc/kubernetes/slipway/authentication.json"
    assert "jwt" not in json.loads(sites.beta.host.check_output(f"cat {file}"))
    assert whoami(sites, sites.token()).stdout == ACCOUNT
    assert sites.by(sites.token(), f"get podchaperons {SPACE}").rc == 0
    assert "forbidden" in sites.by(sites.token(), "get secrets -n kube-system").stderr


def test_a_second_run_changes_nothing_and_check_mode_makes_no_token(sites):
    before = sites.token()
    for site in ("beta", "alpha"):
        assert "changed=0" in sites.play(site)
    said = sites.play("beta", "rotate", "--check", "-e", "federation_rotate_now=true")
    assert "changed=0" not in said
    assert postman.carry(PATHS) == set()
    assert sites.token() == before


def test_twenty_rotations_and_no_request_of_a_client_is_refused(sites, capsys):
    client = Client(sites)
    client.start()
    agent = "get pods -n admiralty -o jsonpath={.items[*].metadata.uid}"
    pods = sites.alpha.ask(agent)
    tokens = [sites.token()]
    try:
        for number in range(ROTATIONS):
            sites.alpha.ask("create -f -", job(f"rotation-{number}"))
            sites.rotate()
            tokens.append(sites.token())
        sites.alpha.ask(f"wait {SPACE} job -l part=rotation --for=condition=Complete "
                        "--timeout=180s")  # fmt: skip
    finally:
        client.over.set()
        client.join(60)
    with capsys.disabled():
        print(f"\n{ROTATIONS} rotations, {client.started} pods by {len(client.tokens)} tokens, "
              f"refused {len(client.refused)}, failed {len(client.failed)}")  # fmt: skip
    assert len(set(tokens)) == ROTATIONS + 1
    assert client.started >= ROTATIONS
    assert (client.refused, client.failed) == ([], [])
    # the engine was not started anew, and was refused nothing either
    assert sites.alpha.ask(agent) == pods
    log = sites.alpha.ask("logs -n admiralty -l component=controller-manager --tail=-1")
    assert not any(word in log for word in UNKNOWN)
    # the one before goes on until its own end, so there is no gap
    assert whoami(sites, tokens[-2]).stdout == ACCOUNT


def test_no_token_is_in_what_a_run_says_or_writes(sites):
    token = sites.token()
    signature = token.split(".")[2]
    assert not [text for text in sites.said if signature in text]
    for path in Path(PATHS.home / "federation").rglob("*"):
        assert not path.is_file() or signature not in path.read_text()
    for cluster in (sites.alpha, sites.beta):
        found = cluster.host.run(
            f"grep -rlF -e {signature} /var/log /var/lib/slipway; journalctl | grep -cF {signature}"
        )
        assert found.stdout.split() == ["0"], found.stdout


def test_tokens_end_with_their_account_and_running_again_makes_both(sites):
    old = sites.token()
    sites.beta.ask(f"delete serviceaccount -n slipway-federation {LINK}")
    eventually(lambda: any(word in whoami(sites, old).stderr for word in UNKNOWN), 60)
    sites.agree()
    assert sites.token() != old
    assert whoami(sites, sites.token()).stdout == ACCOUNT
