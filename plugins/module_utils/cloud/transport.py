"""One request to a service of the cloud, with the credential that clouds.yaml names.

The catalog says where a service is, and no version is discovered: a service that is away
while it is asked for its versions would be used by a wrong address later.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import CloudError, explained

#: The part of the path that says the version, where the catalog's address has none.
VERSIONS = {
    "identity": "v3",
    "compute": "v2.1",
    "network": "v2.0",
    "image": "v2",
    "baremetal": "v1",
    "block-storage": "v3",
    "placement": "",
}
#: Microversions that the kit speaks; both release sets have them.
MICROVERSIONS = {"compute": "2.90", "baremetal": "1.82", "placement": "1.39"}
_VERSION = re.compile(r"/v[0-9]+(\.[0-9]+)?(/|$)")


@dataclass(frozen=True)
class Answer:
    """What a service said: status, headers by lower-case name, JSON (or text) of the body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """A way to the services. Raises Lost, or CloudError where no repeat can help."""

    def send(
        self, service: str, method: str, path: str, *, body: Any = None,
        query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
        data: Any = None, microversion: str | None = None,
    ) -> Answer: ...  # fmt: skip

    def has(self, service: str) -> bool: ...

    def project_id(self) -> str: ...

    def user_id(self) -> str: ...

    def scoped(self, project_id: str) -> Transport: ...


class KeystoneTransport:
    """With keystoneauth: it gets a token, and a new one, once, when the cloud refuses it."""

    def __init__(self, region: Any, timeout: float) -> None:
        self._region, self._timeout = region, timeout
        self._session = region.get_session()
        self._bases: dict[str, str | None] = {}
        self._lock = threading.Lock()

    @classmethod
    def of_file(
        cls, cloud: str, file: str | None = None, ca: str | None = None, timeout: float = 60
    ) -> KeystoneTransport:
        """*file*: clouds.yaml, else where openstacksdk looks for it. Raises CloudError."""
        # only where a cloud is really asked; it costs most of a second
        import openstack.config
        from openstack import exceptions

        # what a library warns of is said by our own errors, and only once
        logging.getLogger("keystoneauth").addHandler(logging.NullHandler())
        places: dict[str, Any] = {}
        if file:
            path = os.path.abspath(os.path.expanduser(file))
            if not os.access(path, os.R_OK):
                raise CloudError(f"{file}: is not there or not readable")
            secure = os.path.join(os.path.dirname(path), "secure.yaml")
            places = {"config_files": [path], "secure_files": [secure]}
        more = {"cacert": os.path.expanduser(ca)} if ca else {}
        try:
            config = openstack.config.OpenStackConfig(load_envvars=False, **places)
            region = config.get_one(cloud=cloud, **more)
            authority = region.config.get("cacert")
            if authority and not os.access(os.path.expanduser(authority), os.R_OK):
                raise CloudError(f"{authority}: the CA's file is not there or not readable")
            return cls(region, timeout)
        except CloudError:
            raise
        except exceptions.SDKException as error:
            raise CloudError(f"cloud {cloud!r} of {file or 'clouds.yaml'}: {error}") from error
        except Exception as error:
            # yaml's and keystoneauth's own errors; their text may quote the file
            raise CloudError(
                f"cloud {cloud!r} of {file or 'clouds.yaml'} cannot be used: {type(error).__name__}"
            ) from None

    def scoped(self, project_id: str) -> KeystoneTransport:
        """The same user in another project, where it needs a role."""
        auth = dict(self._region.config["auth"])
        for key in [k for k in auth if k.startswith(("project_", "tenant_", "system_"))]:
            del auth[key]
        import openstack.config

        kept = {k: self._region.config.get(k) for k in ("verify", "cacert", "auth_type")}
        config = openstack.config.OpenStackConfig(load_yaml_config=False, load_envvars=False)
        region = config.get_one(
            **{**kept, "auth": {**auth, "project_id": project_id},
               "region_name": self._region.config.get("region_name"),
               "interface": self._region.config.get("interface")}
        )  # fmt: skip
        return KeystoneTransport(region, self._timeout)

    def project_id(self) -> str:
        """The project that clouds.yaml names; "" for a token of the system or a domain."""
        return str(self._asked(self._session.get_project_id) or "")

    def user_id(self) -> str:
        """The user that clouds.yaml names."""
        return str(self._asked(self._session.get_user_id) or "")

    def has(self, service: str) -> bool:
        """Whether the catalog names the service. Raises Lost, CloudError."""
        return self._base(service) is not None

    def _base(self, service: str) -> str | None:
        with self._lock:
            if service not in self._bases:
                self._bases[service] = self._find(service)
        return self._bases[service]

    def _find(self, service: str) -> str | None:
        found = self._region.get_endpoint(service)
        if not found:
            found = self._in_catalog(service)
        if not found:
            return None
        found, version = str(found).rstrip("/"), VERSIONS[service]
        return found if not version or _VERSION.search(found) else f"{found}/{version}"

    def _in_catalog(self, service: str) -> str | None:
        try:
            found = self._asked(
                lambda: self._session.get_endpoint(
                    service_type=service, interface=self._region.get_interface(service) or "public",
                    region_name=self._region.get_region_name(service), skip_discovery=True,
                )
            )  # fmt: skip
        except CloudError as error:
            if error.status == 404:
                return None
            raise
        return str(found) if found else None

    def send(
        self, service: str, method: str, path: str, *, body: Any = None,
        query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
        data: Any = None, microversion: str | None = None,
    ) -> Answer:  # fmt: skip
        base = self._base(service)
        if base is None:
            raise CloudError(f"the cloud's catalog has no {service} service", 404)
        version = microversion or MICROVERSIONS.get(service)
        response = self._asked(
            lambda: self._session.request(
                base + path, method, json=body, data=data, params=query or {},
                headers=dict(headers or {}), raise_exc=False, timeout=self._timeout,
                authenticated=True, log=False, microversion=version,
                microversion_service_type=service if version else None,
            )
        )  # fmt: skip
        try:
            said = response.json() if response.content else None
        except ValueError:
            said = response.text
        return Answer(
            response.status_code, said, {k.lower(): v for k, v in response.headers.items()}
        )

    def _asked(self, ask: Any) -> Any:
        """What *ask* returns; keystoneauth's errors as ours."""
        from keystoneauth1 import exceptions as ks

        try:
            return ask()
        except (ks.ClientException, OSError) as error:
            raise explained(error, self._region) from error
