"""The depot's recipes and archives, without building anything."""

import json
import tarfile

import pytest

from lab.depot import images, modules
from lab.depot.modules import KWOK, MODULES


@pytest.mark.parametrize("module", [*MODULES, KWOK], ids=lambda module: module.name)
def test_every_module_is_pinned_and_names_its_programs(module):
    assert module.version.startswith("v")
    assert module.programs
    assert len(set(module.programs)) == len(module.programs)
    assert f"{module.source} {module.version}" in (module.folder / "go.sum").read_text()


def test_the_key_follows_from_all_that_goes_in(tmp_path, monkeypatch):
    module = next(m for m in MODULES if m.name == "cni")
    first = module.key("go1.26.8 linux amd64")
    assert module.key("go1.26.9 linux amd64") != first
    copy = tmp_path / "cni"
    copy.mkdir()
    for file in module.folder.iterdir():
        (copy / file.name).write_text(file.read_text())
    monkeypatch.setattr(modules, "HERE", tmp_path)
    assert module.key("go1.26.8 linux amd64") == first
    (copy / "go.sum").write_text("")
    assert module.key("go1.26.8 linux amd64") != first


def test_kubernetes_carries_its_version():
    module = next(m for m in MODULES if m.name == "kubernetes")
    linker = module.flags()[-1]
    assert f"component-base/version.gitVersion={module.version}" in linker
    assert "component-base/version.gitMinor=36" in linker


def test_an_archive_has_the_files_and_the_same_bytes_each_time(tmp_path):
    program = tmp_path / "program"
    program.write_bytes(b"binary")
    image = images.Image("tool", "1", ("/bin/tool",), {"bin/tool": program}, {"bin/t": "tool"})
    first, second = tmp_path / "1.tar", tmp_path / "2.tar"
    images.write(image, first)
    images.write(image, second)
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))[0]
        config = json.load(archive.extractfile(manifest["Config"]))
        with tarfile.open(fileobj=archive.extractfile(manifest["Layers"][0])) as layer:
            assert layer.extractfile("bin/tool").read() == b"binary"
            assert layer.getmember("bin/t").linkname == "tool"
            assert layer.getmember("bin/tool").mode == 0o755
    assert manifest["RepoTags"] == ["registry.lab/tool:1"]
    assert config["config"]["Entrypoint"] == ["/bin/tool"]
