"""cluster_restore on a stand-in: kubeadm, etcdutl, kubectl are stand-ins, the archive is real."""

import hashlib
import io
import json
import os
import tarfile

import pytest
from ansible.module_utils.cluster_control_plane import snapshots
from ansible.module_utils.cluster_kubeadm import api_server, paths, restoring
from ansible.module_utils.cluster_kubeadm.subject import RECORD
from ansible.module_utils.cluster_restore import (
    ArchiveError,
    Begin,
    Finish,
    Reset,
    Restore,
    RestoreSpec,
    archive,
    check,
)
from ansible.module_utils.cluster_restore import subject as subject_of
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.system import Output, System
from fakes.crash import CutPoints, cut_everywhere

SNAPSHOT = "etcd-20260101T000000Z.tar"
DESIRED = {
    "kubeadm": {
        "cluster": "alpha", "version": "1.36.3", "node": "control-1", "role": "control-plane",
        "address": "192.0.2.31", "endpoint": "192.0.2.9:6443", "pod_subnet": "10.101.0.0/16",
        "service_subnet": "10.201.0.0/16",
    },
    "snapshot": SNAPSHOT, "others": ["control-2", "control-3"],
}  # fmt: skip
DATABASE = b"x" * 1024


class StandInNode(CutPoints, System):
    """A control plane: kubeadm and etcdutl leave the files by which the phases go on."""

    def __init__(self, root):
        super().__init__(str(root))
        self.ran, self.released, self.stuck = [], [], False

    def run(self, *argv, check=True, timeout=120, stdin=None):
        return super().run(*argv, check=check)

    def sleep(self, seconds):
        pass

    def _recorded(self, argv, stdin):
        self.ran.append(argv)
        if argv[:2] == (paths.KUBEADM, "reset"):
            for path in (paths.NODE, paths.API_SERVER):
                System.remove(self, path)
            if not self.stuck:
                System.remove(self, "/proc/7/cmdline")
        if argv[:2] == (paths.KUBEADM, "init"):
            System.write_file(self, paths.NODE, "")
            System.write_file(self, paths.API_SERVER, "")
        if argv[0] == snapshots.ETCDUTL:
            System.write_file(self, f"{argv[argv.index('--data-dir') + 1]}/member/wal", "new")
        if "patch" in argv:
            self.released.append(argv[argv.index("node") + 1])
        if argv[0] == paths.KUBECTL and "/readyz" in argv:
            return Output(0, "ok", "")
        return Output(0, "active\n" if "is-active" in argv else "", "")


def pack(node, name=SNAPSHOT, database=DATABASE, hashed=True, without=(), cluster="alpha"):
    """An archive as the snapshots' script makes it."""
    whole = database + (hashlib.sha256(database).digest() if hashed else b"?" * 32)
    members = {"etcd.db": whole, **{kept: f"{kept} of then\n".encode() for kept in snapshots.KEPT}}
    members["cluster.json"] = json.dumps({"cluster": cluster}).encode()
    path = node.path(f"{snapshots.FOLDER}/{name}")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for member, data in members.items():
            if member not in without:
                info = tarfile.TarInfo(member)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


@pytest.fixture
def new_node(tmp_path):
    count = iter(range(10_000))

    def make():
        root = tmp_path / f"node-{next(count)}"
        root.mkdir()
        node = StandInNode(root)
        for path in (paths.NODE, paths.API_SERVER, RECORD, f"{subject_of.DATA}/wal"):
            System.write_file(node, path, '{"cluster": "alpha"}')
        System.write_file(node, "/proc/7/cmdline", "etcd\0")
        pack(node)
        return node

    return make


def phase(kind, node, identity=""):
    return kind(node, RestoreSpec.parse({**DESIRED, "identity": identity}))


def begin(node):
    converge(phase(Begin, node))
    return restoring.read(node).identity


def names(result):
    return [step["name"] for step in result.steps]


def test_from_begin_to_finish_on_stand_in(new_node):
    first, other = new_node(), new_node()
    identity = begin(first)
    for node in (first, other):
        assert names(converge(phase(Reset, node, identity))) == ["restore:reset"]
        assert not node.exists(subject_of.DATA) and not node.exists(RECORD)
    result = converge(phase(Restore, first, identity))
    assert names(result) == ["restore:etcd", "kubeadm:init", "restore:nodes"]
    assert first.read(f"{subject_of.DATA}/wal") == "new"
    for name in paths.KEYS:
        assert first.read(f"{paths.PKI}/{name}") == f"{name} of then"
    assert first.read(api_server.ENCRYPTION) == "encryption.json of then"
    assert os.stat(first.path(f"{paths.PKI}/ca.key")).st_mode & 0o077 == 0
    assert first.released == ["control-2", "control-3"]
    assert first.list(subject_of.ETCD) == ["member"]  # no copy of the database stays
    for node in (first, other):
        System.write_file(node, RECORD, "{}")
        assert names(converge(phase(Finish, node))) == ["restore:finish"]
        assert restoring.read(node).identity == identity and not restoring.under_way(node)


def test_running_again_does_nothing_twice(new_node):
    first, other = new_node(), new_node()
    identity = begin(first)
    assert begin(first) == identity
    for node in (first, other):
        converge(phase(Reset, node, identity))
        assert not converge(phase(Reset, node, identity)).changed
    converge(phase(Restore, first, identity))
    for kind in (Reset, Restore):
        assert not converge(phase(kind, first, identity)).changed
    System.write_file(other, RECORD, "{}")
    assert not converge(phase(Reset, other, identity)).changed  # it has joined meanwhile


def test_a_second_restore_resets_anew(new_node):
    node = new_node()
    for _ in range(2):
        identity = begin(node)
        assert converge(phase(Reset, node, identity)).changed
        converge(phase(Restore, node, identity))
        converge(phase(Finish, node))
    assert restoring.read(node).identity == identity


def test_cut_at_every_step_and_change_and_run_again_on_stand_in(new_node):
    def begun():
        node = new_node()
        restoring.write(node, restoring.Mark("alpha", SNAPSHOT, "1", restoring.BEGUN))
        return node

    def emptied():
        node = begun()
        converge(phase(Reset, node, "1"))
        return node

    for make, kind in ((begun, Reset), (emptied, Restore)):
        cut_everywhere(make, lambda node, kind=kind: phase(kind, node, "1"))


def test_a_control_plane_that_still_serves_stops_the_restore(new_node):
    node = new_node()
    node.stuck = True
    with pytest.raises(ConvergeError, match="etcd still runs"):
        converge(phase(Reset, node, begin(node)))
    with pytest.raises(ConvergeError, match="etcd runs"):
        converge(phase(Restore, node, restoring.read(node).identity))


def test_a_node_that_did_not_begin_gets_no_snapshot(new_node):
    node = new_node()
    converge(phase(Reset, node, "1"))
    with pytest.raises(ConvergeError, match="is not the one that gets the snapshot"):
        converge(phase(Restore, node, "1"))


def test_a_control_plane_that_is_not_back_is_not_finished(new_node):
    node = new_node()
    converge(phase(Reset, node, "1"))
    with pytest.raises(ConvergeError, match="restore-cut"):
        converge(phase(Finish, node))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"without": ("sa.key", "encryption.json")}, "has no encryption.json, sa.key"),
        ({"hashed": False}, "its hash does not hold"),
        ({"database": b"x" * 1000}, "its hash does not hold"),
        ({"cluster": "beta"}, "is of the cluster beta, not alpha"),
    ],
)
def test_an_archive_that_will_not_do_is_named(new_node, wrong, words):
    node = new_node()
    check(node, SNAPSHOT, "alpha")
    pack(node, **wrong)
    with pytest.raises(ArchiveError, match=words):
        check(node, SNAPSHOT, "alpha")


def test_what_is_no_archive_is_named(new_node):
    node = new_node()
    node.write_file(archive.place(SNAPSHOT), "no tar")
    with pytest.raises(ArchiveError, match="cannot be read"):
        check(node, SNAPSHOT, "alpha")
