"""What goes wrong with a cloud, each as one line that says what to do or look at."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any


class CloudError(RuntimeError):
    """The cloud refused or could not be asked; one line. ``status`` 0: no answer.

    pause  seconds that the service asks to wait before a repeat.
    """

    def __init__(self, message: str, status: int = 0, body: Any = None, pause: float = 0.0) -> None:
        super().__init__(message)
        self.status, self.body, self.pause = status, body, pause


class Lost(Exception):
    """No answer came: the request may have been carried out or not."""


def said(body: Any) -> str:
    """The message in a service's answer, each service has a form of its own; one line."""
    found = body
    for _ in range(5):
        if isinstance(found, str) and found.startswith("{"):  # Ironic's is JSON in JSON
            with contextlib.suppress(ValueError):
                found = json.loads(found)
        if isinstance(found, Mapping) and found:
            kind = found.get("type") if isinstance(found.get("type"), str) else ""
            inner = next(
                (found[k] for k in ("message", "faultstring", "detail", "error_message", "error",
                                    "NeutronError", "errors") if found.get(k)),
                next(iter(found.values())),
            )  # fmt: skip
            found = f"{kind}: {inner}" if kind and isinstance(inner, str) else inner
        elif isinstance(found, list) and found:
            found = found[0]
    text = " ".join(str(found or "").split())
    return text[:400] or "no reason given"


def explained(error: BaseException, region: Any) -> Exception:
    """A keystoneauth error as CloudError, or as Lost where a repeat may help."""
    from keystoneauth1 import exceptions as ks

    auth = region.config.get("auth", {})
    where = auth.get("auth_url", "the cloud")
    if isinstance(error, ks.EndpointNotFound):
        return CloudError(f"{where}: {error}", 404)
    causes = [error]
    while (below := causes[-1].__cause__ or causes[-1].__context__) and below not in causes:
        causes.append(below)
    for cause in causes:
        if isinstance(cause, ks.SSLError) or "certificate verify failed" in str(cause).lower():
            authority = region.config.get("cacert") or "the system's CAs"
            address = re.search(r"https://[^/\s]+", str(cause))
            return CloudError(
                f"TLS to {address[0] if address else where} failed: its certificate is not of "
                f"{authority} (cacert of clouds.yaml): {last_reason(cause)}"
            )
    for cause in causes:
        if isinstance(cause, ks.Unauthorized):
            who = auth.get("username") or auth.get("user_id") or auth.get(
                "application_credential_name") or "the user of clouds.yaml"  # fmt: skip
            return CloudError(
                f"{where} refused {who}: wrong or expired password, token or project", 401
            )
        if isinstance(cause, ks.HttpError) and cause.http_status in range(400, 429):
            return CloudError(f"{where}: {cause.message} (HTTP {cause.http_status})")
    if any(isinstance(c, ks.ConnectFailure | ks.HttpError | ks.UnknownConnectionError | OSError)
           for c in causes):  # fmt: skip
        return Lost(f"{where}: {last_reason(error)}")
    return CloudError(f"{where}: {str(error).splitlines()[0]}")


def last_reason(error: BaseException) -> str:
    """The innermost of the reasons that libraries wrap into each other, in one line."""
    text = " ".join(str(error).split())
    for found in re.findall(r"(?:\[Errno -?\d+\]|\[SSL[^]]*\])\s*([^'\")]+)", text)[-1:]:
        return str(found).strip()
    return text[:300]
