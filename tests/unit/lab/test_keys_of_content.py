"""What makes a new image or a new saved state, and what does not."""

import os
import shutil
import time

import pytest

from lab import cache as cache_module
from lab import qemu, states
from lab.image import build
from lab.machine import Machine


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    copy = tmp_path / "image"
    shutil.copytree(build.HERE, copy)
    monkeypatch.setattr(build, "HERE", copy)
    return copy


def test_image_key_follows_content_not_dates(inputs):
    before = build.key()
    for path in inputs.rglob("*"):
        os.utime(path, (1, 1))
    (inputs / "__pycache__").mkdir(exist_ok=True)
    (inputs / "__pycache__/x.pyc").write_text("x")
    assert build.key() == before
    (inputs / "files/etc/default/grub").write_text("GRUB_TIMEOUT=1\n")
    assert build.key() != before


def test_image_key_follows_names_and_modes(inputs):
    before = build.key()
    (inputs / "files/usr/local/sbin/lab-switchdev-nic").chmod(0o644)
    changed = build.key()
    assert changed != before
    (inputs / "files/etc/new").write_text("")
    assert build.key() not in (before, changed)


@pytest.mark.usefixtures("fake_keys")
def test_state_key_follows_image_machine_and_qemu(monkeypatch):
    version = ["QEMU emulator version 10.0.2"]
    monkeypatch.setattr(states.hostpackages, "qemu_version", lambda: version[0])
    monkeypatch.setattr(qemu, "has_kvm", lambda: False)
    one, two = Machine.named("host-1"), Machine.named("host-2")
    images = [build.path("a"), build.path("b")]
    keys = {states.key(machine, image) for machine in (one, two) for image in images}
    version[0] = "QEMU emulator version 10.0.3"
    keys.add(states.key(one, images[0]))
    assert len(keys) == 5


def test_cache_forgets_only_what_is_unused(cache):
    old, new = cache / "image/old", cache / "states/host-1/new"
    for directory in (old, new):
        directory.mkdir(parents=True)
    past = time.time() - cache_module.UNUSED_SECONDS - 1
    os.utime(old, (past, past))
    cache_module.forget_unused()
    assert not old.exists()
    assert new.exists()
