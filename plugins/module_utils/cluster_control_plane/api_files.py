"""The files that the API server's arguments name, kept as they were made."""

from __future__ import annotations

import json
from typing import Any

from ..cluster_kubeadm import api_server
from ..cluster_kubeadm.api_server import AUTHENTICATION, ENCRYPTION
from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .node import is_member


class ApiFiles:
    """What is derived comes back; the key of encryption nobody can make again."""

    name = "api_files"

    def __init__(self, system: System) -> None:
        self.system = system

    def observe(self) -> dict[str, Any]:
        """Hashes and no text: the encryption's key is in no fact."""
        if not is_member(self.system):
            return {"member": False, "differ": [], "key": False}
        wanted = self._wanted()
        return {
            "member": True,
            "differ": [p for p, text in wanted.items() if self.system.read(p) != text.rstrip()],
            "key": self._has_key(),
        }

    def _wanted(self) -> dict[str, str]:
        jwt = api_server.trusted(self.system.read(AUTHENTICATION))
        return {**api_server.started_with(), AUTHENTICATION: api_server.authentication(jwt)}

    def _has_key(self) -> bool:
        try:
            return bool(json.loads(self.system.read(ENCRYPTION) or "{}").get("resources"))
        except ValueError:
            return False

    def plan(self, seen: dict[str, Any], plan: Plan) -> None:
        if seen["member"] and not seen["key"]:
            plan.refusals.append(
                Refusal(
                    "encryption-key",
                    f"{ENCRYPTION} is missing or broken: without it stored secrets cannot be read",
                    "Copy it from another control plane or from a snapshot (docs/clusters.md)",
                )
            )
        for path in seen["differ"]:
            plan.steps.append(self._step(path))

    def _step(self, path: str) -> Step:
        def do() -> None:
            self.system.write_file(path, self._wanted()[path], 0o600)

        def proof() -> str | None:
            return f"{path} is not as written" if path in self.observe()["differ"] else None

        name = path.rpartition("/")[2]
        return Step(f"file:{name}", "the API server's settings", do, proof,
                    before="something else", after="as the kit writes it")  # fmt: skip

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        return [
            Check("API server: its files are as written", not seen["differ"], [], seen["differ"],
                  step="file", look=api_server.FOLDER),
            Check("API server: has the key of encryption", seen["key"], True, seen["key"],
                  step="file", look=ENCRYPTION),
        ]  # fmt: skip
