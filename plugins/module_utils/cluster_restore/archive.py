"""A snapshot's archive, as ``cluster_control_plane.snapshots`` makes it."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from ..cluster_control_plane.snapshots import DATABASE, FOLDER, KEPT
from ..cluster_kubeadm.subject import RECORD
from ..system import System

_CHUNK = 1 << 20
_HASH = 32  # etcdctl puts the database's SHA-256 at the end


class ArchiveError(ValueError):
    """The archive is missing, broken, or another cluster's."""


def place(snapshot: str) -> str:
    return f"{FOLDER}/{snapshot}"


def check(system: System, snapshot: str, cluster: str) -> None:
    """Raises ArchiveError unless the archive holds all that a restore of *cluster* needs."""
    with _opened(system, snapshot) as archive:
        missing = [name for name in (DATABASE, *KEPT) if name not in archive.getnames()]
        if missing:
            raise ArchiveError(f"{snapshot}: has no {', '.join(missing)}")
        try:
            of = json.loads(_member(archive, "cluster.json").read())["cluster"]
        except (ValueError, KeyError, TypeError):
            raise ArchiveError(f"{snapshot}: does not say which cluster it is of") from None
        if of != cluster:
            raise ArchiveError(f"{snapshot}: is of the cluster {of}, not {cluster}")
        size = archive.getmember(DATABASE).size
        if size % 512 != _HASH or not _whole(_member(archive, DATABASE), size):
            raise ArchiveError(f"{snapshot}: {DATABASE} is broken: its hash does not hold")


def files(system: System, snapshot: str) -> dict[str, str]:
    """{path: text} of the cluster's keys and settings, secret, as they were on the node."""
    with _opened(system, snapshot) as archive:
        return {
            path: _member(archive, name).read().decode()
            for name, path in KEPT.items()
            if path != RECORD
        }


def extract(system: System, snapshot: str, target: str) -> None:
    """Write the database to *target*, for root only."""
    place_here = system.path(target)
    with _opened(system, snapshot) as archive:
        handle = os.open(place_here, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            for chunk in _chunks(_member(archive, DATABASE)):
                file.write(chunk)


@contextmanager
def _opened(system: System, snapshot: str) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(system.path(place(snapshot)), "r:") as archive:
            yield archive
    except (tarfile.TarError, OSError) as error:
        raise ArchiveError(f"{place(snapshot)} cannot be read: {error}") from error


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    if found is None:
        raise ArchiveError(f"{name}: is no file in the snapshot")
    return found


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _whole(file: IO[bytes], size: int) -> bool:
    digest, left = hashlib.sha256(), size - _HASH
    while left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            return False
        digest.update(chunk)
        left -= len(chunk)
    return file.read() == digest.digest()
