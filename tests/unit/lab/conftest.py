"""The lab's parts, without a machine: keys and files in a temporary cache."""

import pytest

from lab import keys


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SLIPWAY_LAB", raising=False)
    return tmp_path / "cache" / "slipway"


@pytest.fixture
def fake_keys(monkeypatch):
    """Keys without ssh-keygen."""

    def make(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.pub").write_text(f"ssh-ed25519 AAAA{path.name} {path.name}\n")
        path.write_text(f"private {path.name}\n")

    monkeypatch.setattr(keys, "make", make)
