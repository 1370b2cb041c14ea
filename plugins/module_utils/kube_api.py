"""A Kubernetes API server, asked over HTTPS with a kubeconfig's credential.

For hosts, which have no client library: Python's standard library only, and kubectl to read
the kubeconfig. One connection for all requests. Reference: Kubernetes' API concepts.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import ssl
import tempfile
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .system import System

KUBECTL = "/usr/local/bin/kubectl"
ADMIN = "/etc/kubernetes/admin.conf"
#: Owner of the fields that the kit applies.
MANAGER = "slipway"
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_TIMEOUT = 30.0

Object = dict[str, Any]


class ApiError(RuntimeError):
    """The API server refused, or could not be asked (``status`` 0)."""

    def __init__(self, message: str, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status, self.reason = status, reason


@dataclass(frozen=True)
class Reference:
    """What identifies an object; namespace is "" where the kind has none."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, thing: Mapping[str, Any]) -> Reference:
        meta = thing["metadata"]
        return cls(thing["apiVersion"], thing["kind"], meta.get("namespace", ""), meta["name"])

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


class Api:
    """One API server."""

    def __init__(
        self, server: str, context: ssl.SSLContext, token: str = "", *, timeout: float = _TIMEOUT
    ) -> None:  # fmt: skip
        found = urllib.parse.urlsplit(server)
        self._connection = http.client.HTTPSConnection(
            found.hostname or "", found.port or 443, context=context, timeout=timeout
        )
        self.server, self._token = server, token
        self._resources: dict[tuple[str, str], tuple[str, bool]] | None = None

    @classmethod
    def of_kubeconfig(cls, system: System, path: str = ADMIN) -> Api:
        """With the credential of the kubeconfig's current context. Raises ApiError."""
        shown = system.run(
            KUBECTL, "config", "view", "--raw", "--minify", "--output", "json",
            "--kubeconfig", path, check=False,
        )  # fmt: skip
        if shown.status:
            raise ApiError(f"{path} cannot be read: {shown.stderr.strip()[-200:]}")
        found = json.loads(shown.stdout)
        cluster, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
        authority = base64.b64decode(cluster.get("certificate-authority-data", "")).decode()
        context = ssl.create_default_context(cadata=authority or None)
        if "client-certificate-data" in user:
            pair = user["client-certificate-data"], user["client-key-data"]
            _load_pair(context, b"".join(base64.b64decode(part) for part in pair))
        elif "client-certificate" in user:
            context.load_cert_chain(user["client-certificate"], user["client-key"])
        return cls(cluster["server"], context, user.get("token", ""))

    @classmethod
    def of_control_plane(cls, system: System, *, check: bool) -> Api | None:
        """As administrator; with *check*, None where the cluster has not begun yet."""
        return None if check and not system.exists(ADMIN) else cls.of_kubeconfig(system)

    def request(
        self, method: str, path: str, body: Any = None, *, content: str = "application/json",
        accept: str = "application/json", headers: Mapping[str, str] | None = None,
    ) -> Any:  # fmt: skip
        """The answer as data. Raises ApiError with the server's own message."""
        sent = {"Accept": accept, "Content-Type": content, **(headers or {})}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        status, text = self._exchange(method, path, data, sent)
        try:
            answer = json.loads(text) if text else {}
        except ValueError:
            answer = {"message": text.decode(errors="replace").strip()}
        if status >= 400:
            message = answer.get("message") or f"{method} {path}: HTTP {status}"
            if status == 429:  # which disruption budget it is
                causes = (answer.get("details") or {}).get("causes", ())
                message = " ".join([message, *(each["message"] for each in causes)])
            raise ApiError(message, status, answer.get("reason", ""))
        return answer

    def text(self, path: str) -> str:
        """What the server says at *path* as it is, such as a log. Raises ApiError."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        status, raw = self._exchange("GET", path, None, headers)
        if status >= 400:
            raise ApiError(f"GET {path}: HTTP {status}", status)
        return raw.decode(errors="replace")

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        for attempt in (0, 1):
            try:
                self._connection.request(method, path, data, headers)
                response = self._connection.getresponse()
                return response.status, response.read()
            except (http.client.HTTPException, OSError) as error:
                self._connection.close()
                # a kept connection may have been ended by the server: once more on a new one
                if attempt or isinstance(error, ssl.SSLCertVerificationError):
                    raise ApiError(f"{self.server} does not answer: {error}") from error
        raise AssertionError

    def get(self, reference: Reference) -> Object | None:
        """The object, or None if it or its kind is not there."""
        path = self.path(reference)
        if path is None:
            return None
        try:
            found: Object = self.request("GET", path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return found

    def list(
        self, api_version: str, kind: str, namespace: str = "", query: str = ""
    ) -> list[Object]:
        """All objects of a kind, everywhere or in *namespace*; none where there is no such kind."""
        path = self._collection(api_version, kind, namespace)
        if path is None:
            return []
        items: list[Object] = self.request("GET", f"{path}?{query}")["items"]
        return items

    def apply(self, thing: Object, *, dry: bool = False) -> Object:
        """Server-side apply as the owner of these fields; the object as it then is."""
        reference = Reference.of(thing)
        path = self.path(reference)
        if path is None:
            raise ApiError(f"{reference}: the server knows no {reference.kind} of "
                           f"{reference.api_version}", 404)  # fmt: skip
        query = f"fieldManager={MANAGER}&force=true&fieldValidation=Strict"
        query += "&dryRun=All" if dry else ""
        applied: Object = self.request("PATCH", f"{path}?{query}", thing, content=_APPLY)
        return applied

    def merge(self, reference: Reference, change: Object) -> Object:
        """Merge *change* into an object that is there (RFC 7386)."""
        path = self.path(reference)
        assert path, f"{reference}: no such kind"
        query = f"?fieldManager={MANAGER}"
        merged: Object = self.request("PATCH", path + query, change, content=_MERGE)
        return merged

    def delete(self, reference: Reference) -> None:
        """Ask for an object's end; it may still be there until its finalizers are done."""
        path = self.path(reference)
        if path is None:
            return
        try:
            self.request("DELETE", f"{path}?propagationPolicy=Background")
        except ApiError as error:
            if error.status != 404:
                raise

    def path(self, reference: Reference) -> str | None:
        """Path of the object; None if the server does not know its kind."""
        base = self._collection(reference.api_version, reference.kind, reference.namespace)
        return None if base is None else f"{base}/{urllib.parse.quote(reference.name)}"

    def forget_kinds(self) -> None:
        """Ask anew for the kinds that the server knows, as after a new definition."""
        self._resources = None

    def _collection(self, api_version: str, kind: str, namespace: str) -> str | None:
        if self._resources is None:
            self._resources = self._discover()
        known = self._resources.get((api_version, kind))
        if known is None:
            return None
        plural, namespaced = known
        base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        return f"{base}/namespaces/{namespace}/{plural}" if namespaced and namespace else (
            f"{base}/{plural}"
        )  # fmt: skip

    def _discover(self) -> dict[tuple[str, str], tuple[str, bool]]:
        found = {}
        for root in ("/api", "/apis"):
            for group in self.request("GET", root, accept=_DISCOVERY)["items"]:
                name = group.get("metadata", {}).get("name", "")
                for version in group["versions"]:
                    api_version = f"{name}/{version['version']}" if name else version["version"]
                    for each in version.get("resources", ()):
                        kind = each.get("responseKind", {}).get("kind", "")
                        value = (each["resource"], each["scope"] == "Namespaced")
                        found[api_version, kind] = value
        return found


def _load_pair(context: ssl.SSLContext, pem: bytes) -> None:
    """ssl takes certificates from files only; this one is gone at once."""
    handle, path = tempfile.mkstemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        context.load_cert_chain(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
