"""The list ``jwt`` of the API server's AuthenticationConfiguration, kept as the links need it.

The API server takes a changed file by itself, within minutes. Issuers that the kit did not write
stay as they are, and so does the rest of the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..converge import Check, Plan, Refusal, Step
from ..host_datapath.reading import Reader, SpecError
from ..host_kernel.part import machine
from ..kube_api import ADMIN, KUBECTL
from ..system import System

FILE = "/etc/kubernetes/slipway/authentication.json"
MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"
CA = "/etc/kubernetes/pki/ca.crt"
#: URLs of the issuers that the kit wrote.
RECORD = "/var/lib/slipway/federation-issuers.json"
#: Seconds: the API server looks for a changed file once a minute, gives its issuers a minute to
#: answer, and then tries again a minute later.
RELOAD = 200
#: Begins the line that says which file the API server has read.
METRIC = "apiserver_authentication_config_controller_last_config_info"

__all__ = ["AuthenticationSpec", "ClusterAuthentication", "SpecError"]


@dataclass(frozen=True)
class AuthenticationSpec:
    """The issuers, as entries of ``jwt``; None: only facts are asked for."""

    jwt: tuple[Mapping[str, Any], ...] | None

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> AuthenticationSpec:
        """From ``{jwt: [entry]}``. Raises SpecError."""
        r = Reader(data, "")
        asked = "jwt" in data and data["jwt"] is not None
        entries = tuple(each.value for each in r.objects("jwt"))
        r.end()
        urls = [_url(entry, f"jwt[{number}]") for number, entry in enumerate(entries)]
        if len(set(urls)) < len(urls):
            raise SpecError("jwt: two entries have the same issuer")
        return cls(entries if asked else None)


class ClusterAuthentication:
    """One control plane."""

    name = "cluster_authentication"

    def __init__(self, system: System, spec: AuthenticationSpec) -> None:
        self.system, self.spec = system, spec

    def observe(self) -> dict[str, Any]:
        return {
            "ca": self.system.read(CA) or "",
            "member": self.system.exists(MANIFEST),
            "reads": f"--authentication-config={FILE}" in (self.system.read(MANIFEST) or ""),
            "file": self._read(FILE, {}),
            "recorded": self._read(RECORD, []),
        }

    def _read(self, path: str, missing: Any) -> Any:
        try:
            found = json.loads(self.system.read(path) or "null")
        except ValueError:
            return missing
        return found if isinstance(found, type(missing)) else missing

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan()
        if self.spec.jwt is None or (not seen["member"] and not self.spec.jwt):
            return plan
        if not seen["member"]:
            return plan  # in check mode, before there is a cluster
        if not seen["reads"]:
            if self.spec.jwt or seen["recorded"]:
                plan.refusals.append(
                    Refusal(
                        "authentication-file", f"the API server does not read {FILE}",
                        "Run playbooks/clusters.yml, or agree on credential: token",
                    )
                )  # fmt: skip
            return plan
        wanted = self.wanted(seen)
        urls = sorted(_url(entry, "jwt") for entry in self.spec.jwt)
        # before the issuers: a cut run must know them as the kit's
        known = sorted({*urls, *seen["recorded"]})
        if known != seen["recorded"]:
            plan.steps.append(self._record("issuers:record", seen["recorded"], known))
        if wanted != seen["file"]:
            plan.steps.append(self._write(seen["file"], wanted))
        if known != urls:
            plan.steps.append(self._record("issuers:forget", known, urls))
        return plan

    def wanted(self, seen: dict[str, Any]) -> dict[str, Any]:
        """The whole file: ours are replaced, others stay."""
        assert self.spec.jwt is not None
        ours = {*seen["recorded"], *(_url(entry, "jwt") for entry in self.spec.jwt)}
        others = [x for x in seen["file"].get("jwt", []) if _url(x, "jwt") not in ours]
        found = {key: value for key, value in seen["file"].items() if key != "jwt"}
        found.setdefault("apiVersion", "apiserver.config.k8s.io/v1")
        found.setdefault("kind", "AuthenticationConfiguration")
        jwt = others + [dict(entry) for entry in self.spec.jwt]
        return {**found, "jwt": jwt} if jwt else found

    def _write(self, before: dict[str, Any], after: dict[str, Any]) -> Step:
        text = _text(after)
        return Step(
            "issuers:trust", "as the links say",
            lambda: self.system.write_file(FILE, text, 0o600),
            lambda: self._unread(text),
            before={FILE: _text(before)}, after={FILE: text}, patience=RELOAD,
        )  # fmt: skip

    def _unread(self, text: str) -> str | None:
        """Until the API server says that it has read exactly this."""
        done = self.system.run(KUBECTL, "--kubeconfig", ADMIN, "get", "--raw", "/metrics",
                               check=False)  # fmt: skip
        digest = hashlib.sha256(text.encode()).hexdigest()
        read = any(line.startswith(METRIC) and digest in line for line in done.stdout.splitlines())
        return None if read else "the API server has not taken the file (its log says why)"

    def _record(self, name: str, before: list[str], after: list[str]) -> Step:
        return Step(
            name, "issuers of the kit",
            lambda: self.system.write_file(RECORD, json.dumps(after) + "\n"),
            lambda: None if self._read(RECORD, []) == after else "is not what was written",
            before=", ".join(before), after=", ".join(after),
        )  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        source, spec = machine(self.system), self.spec
        if spec.jwt is None or not seen["member"]:
            return []
        problem = None if not spec.jwt else self._unread(_text(seen["file"]))
        same = not spec.jwt or (seen["reads"] and self.wanted(seen) == seen["file"])
        return [
            Check("API server: trusts the issuers of the links", same and not problem,
                  len(spec.jwt), problem or len(seen["file"].get("jwt", [])), source,
                  "issuers:trust", FILE)
        ]  # fmt: skip


def _url(entry: Mapping[str, Any], where: str) -> str:
    try:
        return str(entry["issuer"]["url"])
    except (KeyError, TypeError):
        raise SpecError(f"{where}: needs issuer.url") from None


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1, sort_keys=True) + "\n"
