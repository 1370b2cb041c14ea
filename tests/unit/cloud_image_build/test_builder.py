"""What diskimage-builder is given, and what a build leaves; where it runs, a STAND-IN of it."""

import os
import subprocess
from pathlib import Path

import pytest
from ansible.module_utils.cloud_image_build import Builder, programs, venv
from ansible.module_utils.cloud_image_build.builder import last_words
from ansible.module_utils.cloud_image_build.recipe import (
    arguments,
    check_mirror,
    elements,
    environment,
    recipes,
)
from ansible.module_utils.converge import Plan
from ansible.module_utils.host_kernel.limits import Limits
from ansible.module_utils.host_kernel.spec import Limit
from ansible.module_utils.system import Output, System

CHECKOUT = Path(__file__).resolve().parents[3]
MIRRORS = {"debian": "http://deb.example.org/debian", "security": "http://deb.example.org/sec"}


def recipe(**more):
    return recipes({"rdma": {"release": "trixie", **more}})["rdma"]


def test_elements_of_each_kind():
    assert elements(recipe())[2:] == [
        "block-device-mbr", "slipway-guest", "slipway-rdma", "slipway-vm"]  # fmt: skip
    metal = elements(recipe(kind="baremetal", firmware="uefi"))
    assert "block-device-efi" in metal and metal[-1] == "slipway-baremetal"
    for name in {*elements(recipe()), *metal}:
        if name.startswith("slipway"):
            assert (CHECKOUT / "roles/cloud_image_build/files/elements" / name).is_dir()


def test_arguments_and_environment():
    made = recipe(packages=["iperf3", "jq"], size=6, command_line=["iommu=pt", "quiet"])
    given = arguments(made, "/x/image")
    assert given[given.index("-p") + 1] == "iperf3,jq"
    assert given[given.index("--image-size") + 1] == "6"
    assert "-p" not in arguments(recipe(), "/x/image")
    asked = environment(made, MIRRORS)
    assert asked["DIB_DISTRIBUTION_MIRROR"] == MIRRORS["debian"]
    assert asked["DIB_SLIPWAY_COMMAND_LINE"] == "iommu=pt quiet"


def test_a_mirror_with_a_password_is_refused_unshown():
    with pytest.raises(ValueError) as refused:
        check_mirror("debian", "https://me:geheim@deb.example.org/debian")
    assert "mirrors.debian" in str(refused.value) and "geheim" not in str(refused.value)
    with pytest.raises(ValueError, match="http://"):
        check_mirror("security", "file:/srv/apt")


class Host(System):
    """A host with some programs; what apt and modprobe say."""

    def __init__(self, lost=(), apt="", vfat=0):
        super().__init__()
        self.lost, self.apt, self.vfat = lost, apt, vfat

    def exists(self, path):
        return os.path.basename(path) not in self.lost

    def read(self, path):
        return "\text4"

    def run(self, *argv, **_):
        return Output(self.vfat if argv[0] == "modprobe" else 0, self.apt, "")


def test_what_is_missing_is_named_with_its_package():
    assert programs.problem(Host(), 0, ["bios", "uefi"]) is None
    assert "needs root" in programs.problem(Host(), 1000, ["bios"])[0]
    lost, remedy = programs.problem(Host(["qemu-img", "debootstrap", "mmdebstrap"]), 0, ["bios"])
    assert lost == "the controller has no debootstrap or mmdebstrap, qemu-img"
    assert remedy == "Install debootstrap qemu-utils"
    assert programs.problem(Host(["mmdebstrap", "sgdisk"]), 0, ["bios"]) is None
    assert "gdisk" in programs.problem(Host(["sgdisk"]), 0, ["uefi"])[1]
    assert "vfat" in programs.problem(Host(vfat=1), 0, ["uefi"])[0]


def test_mirrors_of_the_controllers_apt():
    host = Host(apt="http://a.example.org/debian/ Debian\nhttp://a.example.org/s Debian-Security\n")
    assert programs.mirrors(host, {"debian": "", "security": "http://own.example.org"}) == {
        "debian": "http://a.example.org/debian", "security": "http://own.example.org"}  # fmt: skip
    with pytest.raises(RuntimeError, match=r"Debian-Security.*cloud_image_build_mirrors\.security"):
        programs.mirrors(Host(apt="http://a.example.org/debian Debian\n"), {})


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Builds with a STAND-IN of disk-image-create, a shell script; no namespaces."""
    tool, folder = tmp_path / "tool", tmp_path / "folder"
    (tool / "bin").mkdir(parents=True)
    folder.mkdir()
    monkeypatch.setattr(venv, "ensure", lambda *_: str(tool))
    monkeypatch.setattr("ansible.module_utils.cloud_image_build.builder._ALONE", [])

    def run(script, timeout=60, **more):
        program = tool / "bin/disk-image-create"
        program.write_text(f"#!/bin/bash\n{script}\n")
        program.chmod(0o755)
        builder = Builder(System(), str(CHECKOUT), str(tmp_path), str(folder), MIRRORS, timeout)
        return builder.build("rdma", recipe(**more), "key")

    run.folder = folder
    return run


MAKES = """while [ "$1" != -o ]; do shift; done
echo disk > $2.qcow2; echo "rdma-core 1" > $2.packages"""


def test_the_file_gets_its_name_at_the_end(build):
    made = build(f"{MAKES}; echo $DIB_RELEASE $HOME; env | sort")
    assert (build.folder / made.file).read_text() == "disk\n" and made.size == 5
    assert made.packages == ["rdma-core 1"] and made.builder.startswith("3.")
    assert sorted(p.name for p in build.folder.iterdir()) == ["rdma.log", "rdma.qcow2"]
    log = (build.folder / "rdma.log").read_text()
    assert (build.folder / "rdma.log").stat().st_mode & 0o077 == 0
    assert log.startswith("trixie ") and "ELEMENTS_PATH" in log
    assert "SSL" not in log and "TOKEN" not in log  # the environment is the build's own


def test_a_failed_build_says_its_last_words_and_where_the_log_is(build):
    says = "echo Reading; echo 'E: Unable to locate package x'; echo 'INFO diskimage_builder x'"
    with pytest.raises(RuntimeError, match=r"builder: E: Unable to locate package x; log: .*log$"):
        build(f"{says}; exit 1")
    assert [p.name for p in build.folder.iterdir()] == ["rdma.log"]


def test_a_build_has_its_time(build):
    with pytest.raises(RuntimeError, match="no end after 1 s; log: "):
        build("sleep 30", timeout=1)


@pytest.mark.parametrize(
    ("log", "said"),
    [("a\nE: bad\nErrors were encountered while processing:\n ca\nINFO x\n*** y", "E: bad"),
     ("only this\n", "only this"), ("", "no word"),
     ("Traceback (most recent call last):\n  File x\nexception.Broken: losetup failed: none",
      "exception.Broken: losetup failed: none")],
)  # fmt: skip
def test_last_words(tmp_path, log, said):
    (tmp_path / "log").write_text(log)
    assert last_words(str(tmp_path / "log")) == said


@pytest.mark.parametrize("memlock", ["unlimited", "65536"])
def test_the_elements_limits_are_those_of_host_rdma(tmp_path, memlock):
    """The element's own script, in a folder in place of /etc."""
    script = (
        CHECKOUT / "roles/cloud_image_build/files/elements/slipway-rdma/install.d/60-slipway-rdma"
    ).read_text()
    subprocess.run(
        ["bash", "-c", script.replace("/etc/", f"{tmp_path}/etc/")], check=True,
        env={**os.environ, "DIB_SLIPWAY_MEMLOCK": memlock},
    )  # fmt: skip
    wanted = Limits(System(str(tmp_path)), [Limit("*", "-", "memlock", memlock)], "71-slipway-rdma")
    plan, seen = Plan(), {"service_memlock": wanted.service_memlock}
    for part, path in (("sessions", wanted.sessions), ("services", wanted.services)):
        seen[part] = System(str(tmp_path)).read(path)
        assert seen[part] is not None
    wanted.plan(seen, plan)
    assert not plan.steps
