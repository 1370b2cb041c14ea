"""The API server is a stand-in: it takes whatever is in the file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from ansible.module_utils.cluster_authentication import (
    AuthenticationSpec,
    ClusterAuthentication,
    SpecError,
)
from ansible.module_utils.cluster_authentication.subject import FILE, MANIFEST, RECORD
from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.system import Output, System
from fakes.crash import CutPoints, cut_everywhere


def entry(url, **more):
    return {"issuer": {"url": url}, **more}


class StandIn(CutPoints, System):
    def run(self, *argv, check=True, timeout=120, stdin=None):
        return super().run(*argv, check=check)

    def _recorded(self, argv, stdin):
        digest = hashlib.sha256(Path(self.path(FILE)).read_bytes()).hexdigest()
        metric = "apiserver_authentication_config_controller_last_config_info"
        return Output(0, f'{metric}{{hash="sha256:{digest}"}} 1\n', "")


@pytest.fixture
def new_node(tmp_path):
    count = iter(range(10_000))

    def make(flag=f"--authentication-config={FILE}"):
        root = tmp_path / f"node-{next(count)}"
        root.mkdir()
        node = StandIn(str(root))
        node.write_file(MANIFEST, f"- {flag}\n")
        node.write_file(
            FILE,
            json.dumps({"anonymous": {"enabled": True}, "jwt": [entry("https://own.example")]}),
        )
        return node

    return make


def run(node, *jwt, **more):
    spec = AuthenticationSpec.parse({"jwt": list(jwt)})
    return converge(ClusterAuthentication(node, spec), **more)


def urls(node):
    found = json.loads(node.read(FILE))
    assert found["anonymous"] == {"enabled": True}  # not the kit's to change
    return [each["issuer"]["url"] for each in found.get("jwt", [])]


A, B = entry("https://a.example", rule=1), entry("https://b.example")


def test_issuers_come_change_and_go_on_stand_in(new_node):
    node = new_node()
    assert run(node, A, B).changed
    assert urls(node) == ["https://own.example", "https://a.example", "https://b.example"]
    assert not run(node, A, B).changed
    run(node, {**A, "rule": 2})
    assert urls(node) == ["https://own.example", "https://a.example"]
    run(node)
    assert urls(node) == ["https://own.example"]
    assert json.loads(node.read(RECORD)) == []


def test_facts_alone_change_nothing_on_stand_in(new_node):
    node = new_node()
    subject = ClusterAuthentication(node, AuthenticationSpec.parse({}))
    assert not converge(subject).changed


def test_an_api_server_that_does_not_read_the_file_is_named_on_stand_in(new_node):
    with pytest.raises(ConvergeError, match="does not read"):
        run(new_node(flag="--other"), A)
    assert not run(new_node(flag="--other")).changed


def test_verify_sees_an_issuer_that_was_taken_out_on_stand_in(new_node):
    node = new_node()
    run(node, A)
    subject = ClusterAuthentication(node, AuthenticationSpec.parse({"jwt": [A]}))
    assert not failed(subject.verify(subject.observe()))
    node.write_file(FILE, "{}")
    assert failed(subject.verify(subject.observe()))


def test_a_cut_anywhere_is_finished_by_running_again_on_stand_in(new_node):
    def begun():
        node = new_node()
        run(node, B)
        return node

    spec = AuthenticationSpec.parse({"jwt": [A]})
    assert len(cut_everywhere(begun, lambda node: ClusterAuthentication(node, spec))) > 6


def test_wrong_lists_are_refused():
    with pytest.raises(SpecError, match=r"needs issuer\.url"):
        AuthenticationSpec.parse({"jwt": [{}]})
    with pytest.raises(SpecError, match="same issuer"):
        AuthenticationSpec.parse({"jwt": [A, A]})
