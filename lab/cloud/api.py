"""A small client of the APIs, to see whether they work; with the standard library only."""

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

from lab.cloud.settings import CATALOG, PORTS, Settings
from lab.errors import LabError


class Api:
    """Answers of the public endpoints, as the kit's user or as nobody."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        context = ssl.create_default_context(cafile=str(settings.ca))
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        self.opener = urllib.request.build_opener(*handlers)
        self.token = ""

    def status(self, service: str) -> int:
        """The status of the service's first page; 0 if there is none."""
        url = f"https://{self.settings.public}:{PORTS[service]}/"
        try:
            with self.open(urllib.request.Request(url), seconds=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except (OSError, ValueError):
            return 0

    def answers(self, service: str) -> bool:
        return self.status(service) in (200, 300, 401)

    def get(self, service: str, path: str) -> Any:
        """The document at a path of the service, or LabError."""
        if not self.token:
            self.sign_in()
        host = f"https://{self.settings.public}:{PORTS[service]}"
        request = urllib.request.Request(host + path, headers={"X-Auth-Token": self.token})
        return json.load(self.read(request))

    def sign_in(self) -> None:
        user = {
            "name": "slipway",
            "domain": {"id": "default"},
            "password": self.settings.passwords["slipway"],
        }
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": {"user": user}}
        body = json.dumps({"auth": {"identity": identity, "scope": scope}}).encode()
        url = f"{self.settings.url('keystone', public=True)}/auth/tokens"
        headers = {"Content-Type": "application/json"}
        self.token = self.read(urllib.request.Request(url, body, headers)).headers[
            "X-Subject-Token"
        ]

    def read(self, request: urllib.request.Request) -> Any:
        try:
            return self.open(request, seconds=60)
        except urllib.error.HTTPError as error:
            words = error.read(300).decode(errors="replace").strip()
            raise LabError(f"{request.full_url}: {error.code}: {words}") from error
        except OSError as error:
            raise LabError(f"{request.full_url}: {error}") from error

    def open(self, request: urllib.request.Request, seconds: float) -> Any:
        return self.opener.open(request, timeout=seconds)


def away(api: Api, hosts: list[str], ironic_host: str) -> list[str]:
    """Services that do not answer, and hosts' services that are not up."""
    found = [service for service in CATALOG if not api.answers(service)]
    if found:
        return found
    computes = api.get("nova", "/v2.1/os-services?binary=nova-compute")["services"]
    up = {each["host"] for each in computes if each["state"] == "up"}
    found = [f"nova-compute of {host}" for host in (*hosts, ironic_host) if host not in up]
    agents = api.get("neutron", "/v2.0/agents")["agents"]
    alive = {each["host"] for each in agents if each["alive"]}
    return found + [f"agent of {host}" for host in hosts if host not in alive]
