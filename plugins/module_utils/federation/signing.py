"""Signatures of documents: OpenSSH's, so that keys may be in a file, an agent or a token.

``ssh-keygen`` does the work (its PROTOCOL.sshsig); no cryptography of the kit's own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import tempfile

from ..system import System

#: What a signature is for: one made for anything else does not hold here.
NAMESPACE = "slipway-federation"
KEY = re.compile(r"(sk-ssh-ed25519@openssh\.com|ssh-ed25519) ([A-Za-z0-9+/]{40,200}={0,2})")


class SigningError(ValueError):
    """A key or a signature that does not serve; the message says what to do."""


def fingerprint(public_key: str) -> str:
    """``SHA256:…`` of "type base64", as ``ssh-keygen -l`` prints it. SigningError if it is none."""
    found = KEY.fullmatch(public_key)
    try:
        blob = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        blob = b""
    if not found or not blob.startswith(len(found[1]).to_bytes(4, "big") + found[1].encode()):
        raise SigningError("is no Ed25519 key of OpenSSH")
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return "SHA256:" + digest.rstrip("=")


class Signer:
    """A site's own key: ``path`` is the private key, or ``….pub`` of one in an agent or token."""

    def __init__(self, system: System, path: str) -> None:
        self.system, self.path = system, path

    def public(self) -> str | None:
        """ "type base64"; None where there is no key yet. SigningError if it does not serve."""
        name = self.path if self.path.endswith(".pub") else f"{self.path}.pub"
        text = self.system.read(name)
        if text is None:
            if not self.system.exists(self.path):
                return None
            text = self.system.run("ssh-keygen", "-y", "-P", "", "-f", self.path).stdout
        words = text.split()
        public = " ".join(words[:2])
        try:
            fingerprint(public)
        except SigningError as error:
            raise SigningError(f"{name}: {error}; make one with ssh-keygen -t ed25519") from None
        return public

    def exposed(self) -> bool:
        """Whether others may read the private key."""
        try:
            return bool(os.stat(self.system.path(self.path)).st_mode & 0o077) and not (
                self.path.endswith(".pub")
            )
        except OSError:
            return False

    def make(self, comment: str) -> None:
        """Make the key; never over one that is there."""
        if self.path.endswith(".pub"):
            raise SigningError(
                f"{self.path} is missing; keys of agents and tokens are yours to make"
            )
        os.makedirs(os.path.dirname(self.path) or ".", mode=0o700, exist_ok=True)
        self.system.run(
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", self.path
        )

    def protect(self) -> None:
        os.chmod(self.system.path(self.path), 0o600)

    def sign(self, body: str) -> str:
        """The armored signature of *body*."""
        done = self.system.run(
            "ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", self.path, stdin=body
        )
        return done.stdout.strip() + "\n"


def verify(system: System, body: str, public_key: str, signature: str) -> bool:
    """Whether *signature* of *body* was made by the holder of *public_key*."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        allowed, armored = os.path.join(folder, "allowed"), os.path.join(folder, "signature")
        for path, text in ((allowed, f"peer {public_key}\n"), (armored, signature)):
            with open(path, "w", encoding="ascii") as handle:
                handle.write(text)
        done = system.run(
            "ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-I", "peer", "-f", allowed,
            "-s", armored, check=False, stdin=body,
        )  # fmt: skip
    return done.status == 0
