"""Kayobe's folder as a subject of converge.

What the kit wrote is remembered by digest. A file that somebody changed by hand, or that was there
before, is refused, never lost; one that the model no longer names is removed. A run that is cut
has written down beforehand what it was about to write.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..converge import Check, Plan, Refusal, Step
from ..system import System
from .files import ALLOCATION, files
from .folder import Folder, digest, own_files
from .inventory import allocation
from .own import Laid, lay
from .restarts import restarts
from .text import yaml_text


@dataclass(frozen=True)
class ConfigSpec:
    """What is wanted.

    folder   $KAYOBE_CONFIG_PATH.
    own      the operator's own folder, "" for none.
    desired  as ``site_model.derive.deployment`` gives it.
    discard  paths whose changes by hand are given up.
    """

    folder: str
    desired: Mapping[str, Any]
    own: str = ""
    discard: Sequence[str] = field(default_factory=tuple)


class CloudConfig:
    """The files of one site's Kayobe."""

    name = "cloud_config"

    def __init__(self, system: System, spec: ConfigSpec) -> None:
        self.spec, self.folder = spec, Folder(system, spec.folder)
        if spec.own and os.path.realpath(spec.own).startswith(os.path.realpath(spec.folder)):
            raise ValueError(f"{spec.own}: own files are not in {spec.folder}, which is written")
        own = own_files(system, spec.own)
        self.laid: Laid = lay(
            files(spec.desired), {p: t for p, t in own.items() if p != ALLOCATION}
        )
        self.addresses = allocation(spec.desired)
        theirs = yaml.safe_load(own.get(ALLOCATION, "")) or {}
        for net, hosts in theirs.items():
            self.addresses[net] = {**self.addresses.get(net, {}), **hosts}

    # observe

    def observe(self) -> dict[str, Any]:
        memory = self.folder.memory()
        found = {}
        for path in sorted({*self.laid.texts, *memory["files"]}):
            text = self.folder.text(path)
            if text is not None:
                exposed = path in self.laid.private and self.folder.exposed(path)
                found[path] = {"digest": digest(text), "exposed": exposed}
        return {"files": found, "addresses": self.folder.addresses(), "memory": memory}

    # plan

    def plan(self, seen: dict[str, Any]) -> Plan:
        plan = Plan(warnings=list(self.laid.warnings))
        known = seen["memory"]["files"]
        steps = []
        for path, text in self.laid.texts.items():
            have, want = seen["files"].get(path), digest(text)
            if have and have["digest"] == want:
                if have["exposed"]:
                    steps.append(self._write(path, text, "others may read it"))
                continue
            if have and have["digest"] not in known.get(path, ()) and not self._given_up(path):
                plan.refusals.append(self._by_hand(path, known))
            steps.append(self._write(path, text, "as the model and the own files say"))
        for path in known.keys() - self.laid.texts.keys():
            have = seen["files"].get(path)
            if have and have["digest"] not in known[path] and not self._given_up(path):
                plan.refusals.append(self._by_hand(path, known))
            elif have:
                steps.append(self._remove(path))
        steps.sort(key=lambda step: step.name)
        addresses = self._addresses(seen)
        if addresses != seen["addresses"]:
            steps.append(self._allocate(seen["addresses"], addresses))
        after = {"files": {p: [digest(t)] for p, t in self.laid.texts.items()},
                 "addresses": self.addresses}  # fmt: skip
        if steps:
            both = {p: sorted({*known.get(p, ()), *after["files"].get(p, ())})
                    for p in {*known, *after["files"]}}  # fmt: skip
            plan.steps.append(self._remember("begin", {**seen["memory"], "files": both}))
        plan.steps += steps
        if steps or seen["memory"] != after:
            plan.steps.append(self._remember("end", after))
        return plan

    def _given_up(self, path: str) -> bool:
        return path in self.spec.discard

    def _by_hand(self, path: str, known: Mapping[str, Any]) -> Refusal:
        what = "was changed by hand" if path in known else "is not the kit's"
        remedy = (
            f"Put what is yours into {path} below the folder of own files, or name it in "
            "cloud_config_discard to give it up"
        )
        return Refusal("by-hand", f"{self.folder.of(path)} {what}", remedy)

    def _addresses(self, seen: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """What is there, without what the kit wrote once and no longer names, and its own."""
        found = {}
        for net, hosts in seen["addresses"].items():
            gone = seen["memory"]["addresses"].get(net, {})
            found[net] = {
                host: address for host, address in hosts.items()
                if gone.get(host) != address or host in self.addresses.get(net, {})
            }  # fmt: skip
        for net, hosts in self.addresses.items():
            found[net] = {**found.get(net, {}), **hosts}
        return {net: hosts for net, hosts in found.items() if hosts}

    # steps

    def _write(self, path: str, text: str, why: str) -> Step:
        private, before = path in self.laid.private, self.folder.text(path)
        # what is the operator's may be secret, also where it was
        secret = private or (before is not None and not self.folder.exposed(path))
        old, new = ("(operator's own)", "(operator's own, changed)") if secret else (before, text)

        def proof() -> str | None:
            return None if self.folder.text(path) == text else "is not what was written"

        return Step(
            f"write:{path}", why, lambda: self.folder.write(path, text, private=private), proof,
            before={path: before and old}, after={path: new}, disrupts=self._disrupts(path),
        )  # fmt: skip

    def _remove(self, path: str) -> Step:
        return Step(
            f"remove:{path}", "neither the model nor the own files name it",
            lambda: self.folder.remove(path),
            lambda: None if self.folder.text(path) is None else "is still there",
            before={path: "(not shown)"}, after={path: None}, disrupts=self._disrupts(path),
        )  # fmt: skip

    def _allocate(self, before: Any, after: Any) -> Step:
        return Step(
            f"write:{ALLOCATION}", "hosts' addresses; those that Kayobe gave to others stay",
            lambda: self.folder.write(ALLOCATION, yaml_text(after), private=False),
            lambda: None if self.folder.addresses() == after else "is not what was written",
            before={ALLOCATION: yaml_text(before)}, after={ALLOCATION: yaml_text(after)},
        )  # fmt: skip

    def _remember(self, when: str, memory: dict[str, Any]) -> Step:
        return Step(
            f"remember:{when}", "what the kit wrote is its own",
            lambda: self.folder.remember(memory),
            lambda: None if self.folder.memory() == memory else "is not remembered",
            after=f"{len(memory['files'])} files",
        )  # fmt: skip

    def _disrupts(self, path: str) -> str:
        services = ",".join(restarts([path], self.spec.desired))
        return f"service:{services}" if services else ""

    # verify

    def verify(self, seen: dict[str, Any]) -> list[Check]:
        wrong = [path for path, text in self.laid.texts.items()
                 if seen["files"].get(path, {}).get("digest") != digest(text)]  # fmt: skip
        open_ = [path for path, have in seen["files"].items() if have["exposed"]]
        return [
            Check("files", not wrong, [], wrong, look=self.spec.folder),
            Check("private", not open_, [], open_, look=self.spec.folder),
        ]
