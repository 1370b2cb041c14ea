"""Images by recipe; what makes the file is a STAND-IN of diskimage-builder."""

import json
import os
import shutil
from pathlib import Path

import pytest
from ansible.module_utils.cloud_image_build import NOT_BUILT, ImageBuild, record
from ansible.module_utils.cloud_image_build.record import Record
from ansible.module_utils.converge import ConvergeError, converge, failed
from ansible.module_utils.fetch import sha256_of

CHECKOUT = Path(__file__).resolve().parents[3]
MIRRORS = {"debian": "http://deb.example.org/debian", "security": "http://deb.example.org/sec"}
RECIPE = {"release": "trixie", "packages": ["iperf3"]}


class StandInBuilder:
    """Writes a small file; what it is asked for is kept."""

    def __init__(self, folder):
        self.folder, self.built, self.lost, self.fails = folder, [], None, ""

    def problem(self, wanted):
        return self.lost

    def leftovers(self):
        return sorted(str(path) for path in self.folder.glob(".building-*"))

    def clean(self, leftover):
        shutil.rmtree(leftover)

    def build(self, name, recipe, key):
        (self.folder / f".building-{name}").mkdir()
        if self.fails:
            raise RuntimeError(self.fails)
        self.built.append(name)
        file = self.folder / f"{name}.{recipe['disk_format']}"
        file.write_bytes(f"{len(self.built)} {key}".encode())
        (self.folder / f".building-{name}").rmdir()
        found = file.stat()
        return Record(key, file.name, sha256_of(str(file)), found.st_size, found.st_mtime_ns,
                      recipe, "3.43.0", ["rdma-core 1"])  # fmt: skip


@pytest.fixture
def site(tmp_path):
    """A folder of images and a copy of what the kit makes them from."""
    (tmp_path / "images").mkdir()
    place = "roles/cloud_image_build/files"
    shutil.copytree(CHECKOUT / place, tmp_path / "kit" / place)
    return tmp_path


@pytest.fixture
def builder(site):
    return StandInBuilder(site / "images")


@pytest.fixture
def bring(site, builder):
    def run(check=False, mirrors=MIRRORS, **images):
        subject = ImageBuild(builder, images, mirrors, str(site / "images"), str(site / "kit"))
        result = converge(subject, check=check)
        run.built = subject.built(result.after)
        run.failed = failed(subject.verify(result.after))
        return result

    return run


def names(result):
    return [step["name"] for step in result.steps]


def test_check_mode_announces_the_run_builds_the_second_run_does_nothing(bring, builder, site):
    assert names(bring(check=True, rdma=RECIPE)) == ["image:rdma"] and not builder.built
    assert bring.built["rdma"]["sha256"] == NOT_BUILT
    result = bring(rdma=RECIPE)
    assert result.steps[0]["after"]["packages"] == ["iperf3"]
    file = site / "images" / "rdma.qcow2"
    assert bring.built == {"rdma": {"source": str(file), "sha256": sha256_of(str(file))}}
    kept = json.loads((site / "images" / "rdma.json").read_text())
    assert kept["sha256"] == bring.built["rdma"]["sha256"] and kept["packages"] == ["rdma-core 1"]
    assert not bring(rdma=RECIPE).changed and not bring.failed
    assert builder.built == ["rdma"]


@pytest.mark.parametrize("more", [{"packages": []}, {"revision": 2}, {"memlock": "65536"}])
def test_another_recipe_is_another_image(bring, builder, more):
    bring(rdma=RECIPE)
    step = bring(rdma={**RECIPE, **more}).steps[0]
    assert step["before"]["key"] != step["after"]["key"] and builder.built == ["rdma"] * 2


@pytest.mark.parametrize(
    "file",
    ["requirements.lock", "elements/slipway-rdma/package-installs.yaml"],
)
def test_other_bytes_of_what_makes_it_are_another_image(bring, builder, site, file):
    bring(rdma=RECIPE)
    with (site / "kit/roles/cloud_image_build/files" / file).open("a") as text:
        text.write("# changed\n")
    assert names(bring(rdma=RECIPE)) == ["image:rdma"]


def test_a_new_element_and_another_mirror_count(bring, site):
    bring(rdma=RECIPE)
    (site / "kit/roles/cloud_image_build/files/elements/slipway-guest/more").write_text("")
    assert bring(rdma=RECIPE).changed
    assert bring(mirrors={**MIRRORS, "debian": "http://other.example.org"}, rdma=RECIPE).changed


def test_a_file_changed_or_lost_is_built_again(bring, site, builder):
    bring(rdma=RECIPE)
    file = site / "images" / "rdma.qcow2"
    os.utime(file)  # only touched
    assert not bring(rdma=RECIPE).changed
    file.write_bytes(b"other")
    assert bring(rdma=RECIPE).steps[0]["why"] == "its file was changed"
    file.unlink()
    assert bring(rdma=RECIPE).steps[0]["why"] == "its file is lost"
    (site / "images" / "rdma.json").write_text("{")
    assert bring(rdma=RECIPE).steps[0]["why"] == "is not built"
    assert not bring(rdma=RECIPE).changed and builder.built == ["rdma"] * 4


def test_a_format_changed_leaves_one_file(bring, site):
    bring(rdma=RECIPE)
    bring(rdma={**RECIPE, "disk_format": "raw"})
    assert sorted(p.name for p in (site / "images").iterdir()) == ["rdma.json", "rdma.raw"]


def test_what_a_cut_build_left_is_taken_away_first(bring, site, builder):
    (site / "images/.building-old/tmp").mkdir(parents=True)
    assert names(bring(rdma=RECIPE)) == ["clean:.building-old", "image:rdma"]
    assert not builder.leftovers()


def test_a_failed_build_is_named_and_tried_again(bring, builder, site):
    builder.fails = "E: Unable to locate package iperf9; log: /x/rdma.log"
    with pytest.raises(ConvergeError, match="image:rdma: E: Unable to locate"):
        bring(rdma=RECIPE)
    assert not record.names(str(site / "images"))
    builder.fails = ""
    assert names(bring(rdma=RECIPE)) == ["clean:.building-rdma", "image:rdma"]


def test_cut_before_the_record_it_is_built_again(bring, monkeypatch):
    def cut(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(record, "write", cut)
    with pytest.raises(KeyboardInterrupt):
        bring(rdma=RECIPE)
    monkeypatch.undo()
    assert names(bring(rdma=RECIPE)) == ["image:rdma"]


def test_without_its_recipe_it_goes(bring, site):
    bring(rdma=RECIPE, other=RECIPE)
    assert names(bring(rdma=RECIPE)) == ["remove:other"]
    assert sorted(p.name for p in (site / "images").iterdir()) == ["rdma.json", "rdma.qcow2"]


def test_who_cannot_build_is_refused_and_only_where_something_is_to_build(bring, builder):
    bring(rdma=RECIPE)
    builder.lost = ("building an image needs root", "Run it as root")
    assert not bring(rdma=RECIPE).changed
    with pytest.raises(ConvergeError, match=r"needs root\. Run it as root"):
        bring(rdma={**RECIPE, "revision": 2})
    assert bring(check=True, rdma={**RECIPE, "revision": 2}).refusals


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"kind": "pod"}, "images.rdma.kind"), ({"size": "4"}, "images.rdma.size"),
     ({"colour": "red"}, "images.rdma.colour")],
)  # fmt: skip
def test_a_wrong_recipe_is_named(bring, wrong, said):
    with pytest.raises(ValueError, match=said):
        bring(rdma={**RECIPE, **wrong})
