"""The bytes of an image on their way to Glance, counted and hashed as they pass."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from ..fetch import SCHEMES, request, shown

_CHUNK = 1 << 20


class Source:
    """A file or a URL. Each walk over it begins anew, as a repeated upload needs it.

    sha256, sha512  of the last walk, hexadecimal, once it has ended; "" before.
    """

    def __init__(self, place: str) -> None:
        self.place, self.sha256, self.sha512 = place, "", ""

    @property
    def called(self) -> str:
        """For messages: without a password."""
        return shown(self.place) if "://" in self.place else self.place

    def problem(self) -> str:
        """Why it cannot be read, as far as is seen without reading; "" if nothing is."""
        if "://" in self.place:
            scheme = urlsplit(self.place).scheme
            return "" if scheme in SCHEMES else f"{self.called}: expected http, https or file"
        return (
            "" if os.access(self.place, os.R_OK) else f"{self.place} is not there or not readable"
        )

    def _open(self) -> Any:
        if "://" in self.place:
            return urllib.request.urlopen(request(self.place), timeout=60)
        return open(self.place, "rb")

    def __iter__(self) -> Iterator[bytes]:
        self.sha256 = self.sha512 = ""
        short, long = hashlib.sha256(), hashlib.sha512()
        try:
            with self._open() as file:
                while chunk := file.read(_CHUNK):
                    short.update(chunk)
                    long.update(chunk)
                    yield chunk
        except (OSError, HTTPException) as error:
            raise RuntimeError(f"{self.called}: {error}") from None
        self.sha256, self.sha512 = short.hexdigest(), long.hexdigest()
