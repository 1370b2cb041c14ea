"""Downloads that are proven by their SHA-256 before anybody sees them.

Python's standard library only: this runs on hosts.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import urllib.request
from http.client import HTTPException
from urllib.parse import unquote, urlsplit, urlunsplit

SCHEMES = ("http", "https", "file")


def shown(url: str) -> str:
    """The address for messages: without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def request(url: str) -> urllib.request.Request:
    """What to ask for; urllib takes no user in an address."""
    parts = urlsplit(url)
    user, _at, host = parts.netloc.rpartition("@")
    asked = urllib.request.Request(urlunsplit(parts._replace(netloc=host)))
    if user:
        word = base64.b64encode(unquote(user).encode()).decode()
        asked.add_unredirected_header("Authorization", f"Basic {word}")
    return asked


def fetch(url: str, sha256: str, target: str, mode: int = 0o644) -> None:
    """Bring *target* (an absolute path on this machine) to the pinned content.

    It is replaced at once and only by what has the hash. RuntimeError says why not.
    """
    if urlsplit(url).scheme not in SCHEMES:
        raise RuntimeError(f"{shown(url)}: expected http, https or file")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    partial = f"{target}.partial"
    digest = hashlib.sha256()
    try:
        with (
            urllib.request.urlopen(request(url), timeout=60) as source,
            open(partial, "wb") as copy,
        ):
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fchmod(copy.fileno(), mode)
            os.fsync(copy.fileno())
    except (OSError, HTTPException) as error:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
        raise RuntimeError(f"{shown(url)}: {error}") from None
    if digest.hexdigest() != sha256:
        os.unlink(partial)
        raise RuntimeError(
            f"{shown(url)} has SHA-256 {digest.hexdigest()}, pinned is {sha256}: not installed"
        )
    os.replace(partial, target)


def sha256_of(path: str) -> str:
    """Of a file on this machine; "" if it is not there."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
    except FileNotFoundError:
        return ""
    return digest.hexdigest()
