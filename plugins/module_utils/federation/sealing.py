"""Tokens sealed for one site: NaCl's sealed boxes (X25519), so that only its controller reads them.

What is sealed names its link and serial beside the token: whoever takes the box out of one
document and signs it into another has made something that nobody takes.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from ..system import System

PREFIX = "x25519:"


class SealingError(ValueError):
    """A key or a box that does not serve; the message holds no secret."""


class SealingKey:
    """A site's own key, in a file beside the one that signs; it is never sent.

    path  of the private key.
    """

    def __init__(self, system: System, path: str) -> None:
        self.system, self.path = system, path

    def public(self) -> str | None:
        """ "x25519:base64"; None where there is no key. SealingError if it does not serve."""
        found = self._read()
        return _name(found) if found else None

    def exposed(self) -> bool:
        """Whether others may read it."""
        try:
            return bool(os.stat(self.system.path(self.path)).st_mode & 0o077)
        except OSError:
            return False

    def protect(self) -> None:
        os.chmod(self.system.path(self.path), 0o600)

    @staticmethod
    def new() -> tuple[str, str]:
        """(text of its file, public key) of a key that is not written yet."""
        made = PrivateKey.generate()
        return base64.b64encode(bytes(made)).decode() + "\n", _name(made)

    def write(self, text: str) -> None:
        self.system.write_file(self.path, text, 0o600)

    def open(self, sealed: str) -> dict[str, Any]:
        """What was sealed. SealingError if it was sealed for another key, or was changed."""
        found = self._read()
        if found is None:
            raise SealingError(f"{self.path} is missing")
        try:
            text = SealedBox(found).decrypt(base64.b64decode(sealed, validate=True))
            content = json.loads(text)
        except (CryptoError, binascii.Error, ValueError):
            raise SealingError("is not sealed for this site's key") from None
        if not isinstance(content, dict):
            raise SealingError("holds no token")
        return content

    def _read(self) -> PrivateKey | None:
        text = self.system.read(self.path)
        if text is None:
            return None
        try:
            return PrivateKey(base64.b64decode(text, validate=True))
        except (CryptoError, binascii.Error, TypeError, ValueError):
            raise SealingError(
                f"{self.path} is no key of the kit: take it away, and the next run makes one"
            ) from None


def seal(content: dict[str, Any], public: str) -> str:
    """Base64 of *content*, to be read with the private key of *public* only. SealingError."""
    try:
        key = PublicKey(base64.b64decode(public.removeprefix(PREFIX), validate=True))
    except (CryptoError, binascii.Error, TypeError, ValueError):
        raise SealingError(f"{public} is no X25519 key") from None
    text = json.dumps(content, sort_keys=True).encode()
    return base64.b64encode(SealedBox(key).encrypt(text)).decode()


def _name(key: PrivateKey) -> str:
    return PREFIX + base64.b64encode(bytes(key.public_key)).decode()
