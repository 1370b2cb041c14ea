"""The saved databases: what an instance makes its own, and whether all of it is up."""

import json
from pathlib import Path

import pytest

from lab.cloud import database, infra
from lab.cloud.api import away
from lab.cloud.settings import CATALOG, USERS, Settings
from lab.paths import Paths

PROGRAMS = Path("/programs")


@pytest.fixture
def settings(tmp_path):
    return Settings(Paths(tmp_path, "default"))


def test_an_instance_gets_passwords_addresses_and_keys_of_its_own(settings, monkeypatch):
    said = []
    monkeypatch.setattr(infra, "sql", lambda _, text: said.append(text))

    def hashed(_argv, *, stdin):
        return json.dumps({name: f"hash-of-{name}" for name in json.loads(stdin)})

    monkeypatch.setattr(database, "capture", hashed)
    database.rekey(settings, PROGRAMS, ["compute-1"])
    text = "\n".join(said)
    for name in USERS:
        assert f"password_hash = 'hash-of-{name}' WHERE l.name = '{name}'" in text
        assert settings.passwords[name] not in text
    for service in CATALOG:
        for public in (True, False):
            assert settings.url(service, public=public) in text
    assert "'compute-1' FROM nova_api.cell_mappings" in text
    for kind in ("fernet", "credential"):
        keys = [path.read_text() for path in (settings.home / "keystone" / kind).iterdir()]
        assert len(set(keys)) == 2


def test_what_makes_a_state_uses_passwords_that_nobody_keeps(settings):
    maker = database.Throwaway(settings.paths)
    assert maker.passwords["database"] != settings.passwords["database"]
    assert maker.passwords["database"] == maker.passwords["database"]
    assert maker.etc != settings.etc
    assert json.loads((settings.home / "passwords.json").read_text()) == settings.passwords


def test_another_lock_or_mariadb_is_another_state(monkeypatch):
    versions = iter(["10.11", "10.11", "11.8"])
    monkeypatch.setattr(database, "capture", lambda _: next(versions))
    one, two, three = (database.key(lock) for lock in ("a", "b", "a"))
    assert len({one, two, three}) == 3


class StandIn:
    """Stand-in of the APIs."""

    def __init__(self, **documents):
        self.documents = documents
        self.silent = set()

    def answers(self, service):
        return service not in self.silent

    def get(self, service, path):
        return self.documents[service]


def test_what_is_away_is_named():
    up = [{"host": "compute-1", "state": "up"}, {"host": "metal", "state": "down"}]
    agents = [{"host": "compute-1", "alive": True}, {"host": "compute-2", "alive": False}]
    api = StandIn(nova={"services": up}, neutron={"agents": agents})
    assert away(api, ["compute-1", "compute-2"], "metal") == [
        "nova-compute of compute-2", "nova-compute of metal", "agent of compute-2"
    ]  # fmt: skip
    api.silent = {"glance"}
    assert away(api, [], "metal") == ["glance"]
