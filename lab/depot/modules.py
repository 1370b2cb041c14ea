"""What the depot builds: a wrapper module for each source, pinned by go.mod and go.sum.

A wrapper has the replacements that upstream's own go.mod has; ``go install`` ignores those.
Its tools.go names the packages.
"""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).resolve().parent / "modules"


@dataclass(frozen=True)
class Module:
    """One wrapper module.

    source   the upstream module; its version is in go.mod.
    tags     build tags.
    renamed  binaries whose package is called otherwise than the program.
    stamps   variables of the linker that hold the version.
    """

    name: str
    source: str
    tags: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    stamps: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return HERE / self.name

    @cached_property
    def version(self) -> str:
        """Upstream's, such as v1.36.3."""
        pattern = rf"^(?:require |\t){re.escape(self.source)} (v\S+)"
        match = re.search(pattern, (self.folder / "go.mod").read_text(), re.M)
        assert match, f"{self.folder}/go.mod requires no {self.source}"
        return match[1]

    @cached_property
    def packages(self) -> list[str]:
        """Import paths of the programs."""
        return re.findall(r'_ "([^"]+)"', (self.folder / "tools.go").read_text())

    @property
    def programs(self) -> list[str]:
        """Names of the binaries."""
        return [self.program(package) for package in self.packages]

    def program(self, package: str) -> str:
        """The binary of a package."""
        return self.renamed.get(package) or package.rpartition("/")[2]

    def flags(self) -> list[str]:
        """Of ``go build``; the same sources give the same bytes wherever they are built."""
        stamps = [
            f"-X {prefix}.{key}={value}"
            for prefix in self.stamps
            for key, value in self._stamp().items()
        ]
        linker = " ".join(["-s", "-w", *stamps])
        tags = ["-tags", ",".join(self.tags)] if self.tags else []
        return ["-trimpath", "-buildvcs=false", *tags, "-ldflags", linker]

    def _stamp(self) -> dict[str, str]:
        major, minor, _patch = self.version.removeprefix("v").split(".")
        return {
            "gitVersion": self.version, "gitMajor": major, "gitMinor": minor,
            "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z",
        }  # fmt: skip

    def key(self, compiler: str) -> str:
        """Hash of all that the binaries are made from; *compiler* as ``go version`` says."""
        digest = hashlib.sha256(repr((compiler, self.flags(), self.renamed)).encode())
        for name in ("go.mod", "go.sum", "tools.go"):
            digest.update((self.folder / name).read_bytes())
        return digest.hexdigest()[:16]


MODULES = (
    Module(
        "kubernetes", "k8s.io/kubernetes",
        stamps=("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"),
    ),
    Module(
        "containerd", "github.com/containerd/containerd/v2",
        tags=("no_btrfs", "no_devmapper", "no_zfs"),
    ),
    Module(
        "etcd", "go.etcd.io/etcd/server/v3",
        renamed={
            "go.etcd.io/etcd/server/v3": "etcd",
            "go.etcd.io/etcd/etcdctl/v3": "etcdctl",
            "go.etcd.io/etcd/etcdutl/v3": "etcdutl",
        },
    ),
    Module("coredns", "github.com/coredns/coredns"),
    Module("cni", "github.com/containernetworking/plugins"),
    Module("multus", "gopkg.in/k8snetworkplumbingwg/multus-cni.v4"),
)  # fmt: skip
#: Nodes that only say that they are: built when a benchmark asks for it.
KWOK = Module("kwok", "sigs.k8s.io/kwok")
