"""The certificate of a webhook that runs in the cluster: self-signed, for its service only.

The API server is told to trust this one, so no authority has to be kept or guarded.
"""

from __future__ import annotations

import base64
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..kube_api import Api, Object, Reference
from ..system import System

DAYS = 365
#: Made anew when less than this is left.
LEFT = 90 * 86400


def secret(
    system: System, api: Api | None, namespace: str, name: str, names: Sequence[str]
) -> Object:
    """The Secret (kubernetes.io/tls) as it is while it serves *names* long enough, else a new one.

    Nothing is written to the cluster here. Raises RuntimeError where openssl fails.
    """
    reference = Reference("v1", "Secret", namespace, name)
    found = api.get(reference) if api else None
    data = (found or {}).get("data", {})
    if not _serves(system, data.get("tls.crt", ""), names):
        data = _make(system, names)
    return {
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": namespace},
        "data": {key: data[key] for key in ("tls.crt", "tls.key")},
    }  # fmt: skip


def _serves(system: System, encoded: str, names: Sequence[str]) -> bool:
    if not encoded:
        return False
    with _scratch() as folder:
        path = folder / "tls.crt"
        with contextlib.suppress(ValueError):
            path.write_bytes(base64.b64decode(encoded))
        asked = ["openssl", "x509", "-in", str(path), "-noout"]
        checks = [["-checkend", str(LEFT)], *(["-checkhost", each] for each in names)]
        for check in checks:
            done = system.run(*asked, *check, check=False)
            if done.status or "does NOT match" in done.stdout:
                return False
    return True


def _make(system: System, names: Sequence[str]) -> dict[str, str]:
    with _scratch() as folder:
        certificate, key = folder / "tls.crt", folder / "tls.key"
        alternatives = ",".join(f"DNS:{each}" for each in names)
        system.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-noenc", "-days", str(DAYS), "-subj", f"/CN={names[0]}",
            "-addext", f"subjectAltName={alternatives}", "-addext", "keyUsage=digitalSignature",
            "-addext", "extendedKeyUsage=serverAuth", "-keyout", str(key), "-out", str(certificate),
        )  # fmt: skip
        return {
            path.name: base64.b64encode(path.read_bytes()).decode() for path in (certificate, key)
        }


@contextlib.contextmanager
def _scratch():  # type: ignore[no-untyped-def]
    """In memory where that can be: a private key passes through."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)
