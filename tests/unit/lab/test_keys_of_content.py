"""What makes a new image or a new saved state, and what does not."""

import os
import shutil
import time

import pytest

from lab import cache as cache_module
from lab import qemu, states
from lab.image import build, modules, packages
from lab.machine import KINDS, Machine


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


def test_each_variant_of_the_image_has_a_key_of_its_own():
    assert build.key("host") != build.key("worker")
    kinds = {kind.image for kind in KINDS.values()}
    assert kinds == set(packages.VARIANTS)


def test_only_the_worker_image_has_a_newer_kernel():
    host, worker = packages.VARIANTS["host"], packages.VARIANTS["worker"]
    assert (host.backports, host.suite) == (False, "trixie")
    assert (worker.backports, worker.suite) == (True, "trixie-backports")
    assert "linux-image-amd64/trixie-backports" in worker.include
    assert "linux-image-amd64" not in worker.include


def test_modules_are_built_from_the_source_of_the_images_kernel(tmp_path, monkeypatch):
    roots, said = [], []
    monkeypatch.setattr(
        modules, "bootstrap", lambda root, include, *_, **more: roots.append((include[-2:], more))
    )
    monkeypatch.setattr(modules, "logged", lambda argv, _log: said.append(argv[-1]))
    for variant in packages.VARIANTS.values():
        modules.build(tmp_path, variant, tmp_path / "log")
    assert roots == [
        (["linux-headers-amd64/trixie", "linux-source/trixie"], {"backports": False}),
        (
            ["linux-headers-amd64/trixie-backports", "linux-source/trixie-backports"],
            {"backports": True},
        ),
    ]
    assert ["netdevsim.ko" in text for text in said] == [True, False]
    assert all("igb.ko" in text for text in said)
