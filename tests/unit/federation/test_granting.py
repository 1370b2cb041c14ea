"""Which tokens a target makes. The API server is a stand-in."""

from __future__ import annotations

import pytest
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.federation.account import account, namespace, username
from ansible.module_utils.federation.granting import Grants, SpecError, accounts
from ansible.module_utils.kube_api import ApiError
from fakes.api_server import StandInApi

PATH = "/api/v1/namespaces/slipway-federation/serviceaccounts/link"


class Server(StandInApi):
    def __init__(self):
        super().__init__()
        self.kinds[("v1", "ServiceAccount")] = ("serviceaccounts", True)
        self.asked = []

    def request(self, method, path, body=None, **more):
        if method != "POST":
            return super().request(method, path, body, **more)
        if path.removesuffix("/token") not in self.store:
            raise ApiError("serviceaccounts link not found", 404)
        self.asked.append((path, body["spec"]))
        return {"status": {"token": f"token-{len(self.asked)}"}}


@pytest.fixture
def server():
    found = Server()
    found.apply(namespace())
    found.apply(account("link"))
    return found


def grants(server, due="", known=PATH, **more):
    given = {"link": "link", "namespace": "slipway-federation", "name": "link",
             "lifetime": 600, "due": due, "known": known}  # fmt: skip
    found = Grants(lambda: server, accounts([given]), **more)
    return found, converge(found, check=server is None)


def test_one_that_is_due_is_made_bound_and_short(server):
    found, result = grants(server, due="none was sent")
    assert found.made == {"link": {"token": "token-1", "account": PATH}}
    # no audience: the server's own, which no other server has
    assert server.asked == [(f"{PATH}/token", {"expirationSeconds": 600, "audiences": []})]
    assert "token-1" not in str(result.steps)


def test_one_that_serves_is_left(server):
    found, result = grants(server)
    assert (found.made, result.steps, server.asked) == ({}, [], [])


@pytest.mark.parametrize(
    ("more", "why"),
    [({"now": True}, "asked for"), ({"known": "other"}, "the account was made anew")],
)
def test_one_is_made_before_its_time(server, more, why):
    found, result = grants(server, **more)
    assert found.made
    assert [step["why"] for step in result.steps] == [why]


def test_check_mode_before_there_is_a_cluster():
    found, result = grants(None, due="none was sent")
    assert [step["name"] for step in result.steps] == ["token:link"]
    assert found.made == {}


def test_an_account_that_is_missing_is_named(server):
    server.store.clear()
    with pytest.raises((ConvergeError, ApiError), match="link not found"):
        grants(server, due="none was sent")


def test_wrong_arguments_are_named():
    with pytest.raises(SpecError, match=r"accounts\[0\].lifetime"):
        accounts([{"link": "l", "namespace": "n", "name": "l", "lifetime": 60}])


def test_the_account_has_no_lasting_token():
    made = account("link")
    assert made["automountServiceAccountToken"] is False
    assert "secrets" not in made
    meta = made["metadata"]
    assert username("link") == f"system:serviceaccount:{meta['namespace']}:{meta['name']}"
