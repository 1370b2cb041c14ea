"""YAML files as plain data, with the file and line of every key."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .problems import Path, Problem

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
#: Far above any model; stops aliases that multiply and brackets without end.
MOST_NODES, MOST_DEPTH, MOST_BYTES = 500_000, 60, 64 << 20


@dataclass
class Source:
    """What files said: ``positions`` has (file, line) for each path of keys."""

    positions: dict[Path, tuple[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> tuple[str, int]:
        """File and line of the key at *path*, or of the nearest part above it; ("", 0) if none."""
        while path:
            found = self.positions.get(path)
            if found:
                return found
            path = path[:-1]
        return "", 0

    def load(self, file: File, name: str, root: Path = ()) -> Any:
        """The plain data of *file*, None if it is empty or unreadable; *name* is for messages.

        Positions are recorded below *root*. Problems are added, never raised.
        """
        try:
            if file.stat().st_size > MOST_BYTES:
                return self._refuse("yaml", name, 1, "is larger than 64 MiB", "Remove it.")
            text = file.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            return self._refuse(
                "encoding", name, 1, f"is not UTF-8 text ({error.reason})", "Save it as UTF-8."
            )
        except OSError as error:
            return self._refuse(
                "unreadable", name, 0, f"cannot be read ({error.strerror})", "Check the file."
            )
        if _deep(text):
            return self._refuse(
                "yaml", name, 1, f"is nested deeper than {MOST_DEPTH}", "Flatten it."
            )
        if text.startswith("$ANSIBLE_VAULT;"):
            return None  # secrets are no part of the model
        try:
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or str(error).splitlines()[0]
            return self._refuse(
                "yaml",
                name,
                mark.line + 1 if mark else 1,
                f"is not YAML: {what}",
                "Correct the syntax.",
            )
        except (RecursionError, ValueError) as error:
            return self._refuse("yaml", name, 1, f"is not YAML: {error}", "Correct the syntax.")
        if node is None:
            return None
        self.positions[root] = (name, node.start_mark.line + 1)
        return _Reader(self, name).read(node, root)

    def _refuse(self, rule: str, name: str, line: int, message: str, fix: str) -> None:
        self.problems.append(Problem(rule, (), message, fix, file=name, line=line))


def _deep(text: str) -> bool:
    """Whether brackets or dashes nest so deep that the C parser may run out of stack."""
    depth = 0
    for found in re.finditer(r"[\[{\]}]", text):
        depth += 1 if found[0] in "[{" else -1
        if depth > MOST_DEPTH:
            return True
    return any(
        line.count("- ") > MOST_DEPTH
        or line.count("? ") > MOST_DEPTH
        or len(line) - len(line.lstrip()) > 1000
        for line in text.splitlines()
    )


class _Reader:
    """From composed nodes to plain data, key by key."""

    def __init__(self, source: Source, name: str) -> None:
        self.source, self.name, self.nodes = source, name, 0
        self.open: set[int] = set()

    def read(self, node: Node, path: Path) -> Any:
        self.nodes += 1
        line = node.start_mark.line + 1
        if self.nodes > MOST_NODES + 1:
            return None  # said once
        if id(node) in self.open or self.nodes > MOST_NODES or len(self.open) > MOST_DEPTH:
            self._add("yaml", path, line, "refers to itself or is too large", "Write it out.")
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, path, line)
        self.open.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self._item(item, (*path, n)) for n, item in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self.open.discard(id(node))

    def _item(self, node: Node, path: Path) -> Any:
        self.source.positions[path] = (self.name, node.start_mark.line + 1)
        return self.read(node, path)

    def _scalar(self, node: ScalarNode, path: Path, line: int) -> Any:
        if node.tag in ("!unsafe", "!vault", "!vault-encrypted"):
            return node.value
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self._add("yaml-tag", path, line, f"has the tag {node.tag}", "Remove the tag.")
            return node.value
        try:
            return yaml.constructor.SafeConstructor().construct_object(node)
        except (ValueError, yaml.YAMLError):
            kind = node.tag.rsplit(":", 1)[-1]
            self._add(
                "yaml", path, line, f"cannot be read as {kind}", "Write it in quotes.", node.value
            )
            return node.value

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in node.value:  # merges first: the map's own keys win
            if key.tag == _MERGE:
                parts = value.value if isinstance(value, SequenceNode) else [value]
                for part in reversed(parts):
                    inherited = self.read(part, path)
                    result |= inherited if isinstance(inherited, dict) else {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == _MERGE:
                continue
            if not isinstance(key, ScalarNode):
                fix = "Use text as key."
                self._add("key-type", path, line, "has a list or map as key", fix)
                continue
            name = key.value
            here = (*path, name)
            if key.tag not in ("tag:yaml.org,2002:str", "!unsafe"):
                fix = f'Write "{name}" in quotes.'
                self._add("key-type", here, line, "is a key that is not text", fix)
            if name in lines:
                message = f"is there twice, first in line {lines[name]}"
                self._add("duplicate-key", here, line, message, "Keep one.")
                continue
            lines[name] = line
            self.source.positions[here] = (self.name, line)
            result[name] = self.read(value, here)
        return result

    def _add(
        self, rule: str, path: Path, line: int, message: str, fix: str, value: Any = None
    ) -> None:
        self.source.problems.append(
            Problem(rule, path, message, fix, value, file=self.name, line=line)
        )
