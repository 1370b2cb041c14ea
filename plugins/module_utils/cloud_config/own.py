"""The operator's own files, laid over the kit's: theirs win, and what they replace is listed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from .text import ini_text, yaml_text

THEIRS = "\n# from the folder of own files\n"
#: Kayobe writes into it.
PASSWORDS = "kolla/passwords.yml"
_SECRET = re.compile(
    r"(^|[_-])(pass(word|wd|phrase)?|secret|token|private[_-]?key)$", re.IGNORECASE
)


class OwnFileError(ValueError):
    """A file of the operator's cannot be laid over the kit's; the message names it."""


@dataclass
class Laid:
    """The result.

    texts     all files by path.
    private   paths with anything of the operator's: it may be secret, so nobody else reads them.
    replaced  what of the kit's is not used: {"path", "key", "kit"}; key "" is the whole file.
    same      "path: key" that the operator sets as the kit does.
    warnings  secrets in plain text, files that are not taken.
    """

    texts: dict[str, str]
    private: set[str] = field(default_factory=set)
    replaced: list[dict[str, Any]] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class _Loader(yaml.SafeLoader):
    """Takes any tag: what is encrypted stays as it is written."""


class Tagged(str):
    """A value with a tag, such as ``!vault``."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Tagged:
    return Tagged(f"!{suffix} {node.value if isinstance(node, yaml.ScalarNode) else ''}")


_Loader.add_multi_constructor("!", _tagged)


def lay(kit: Mapping[str, str], own: Mapping[str, str]) -> Laid:
    """*own* over *kit*, both texts by path. OwnFileError for what cannot be read."""
    laid = Laid(dict(kit))
    for path, text in sorted(own.items()):
        if path == PASSWORDS:
            laid.warnings.append(
                f"{path} is not taken from the own files: Kayobe adds passwords to the one in its "
                "folder. Put it there, encrypted with ansible-vault"
            )
            continue
        laid.private.add(path)
        mine = kit.get(path)
        if mine is not None and text.startswith("$ANSIBLE_VAULT"):
            raise OwnFileError(
                f"{path}: the kit writes this file as well, and what is encrypted cannot be laid "
                "over it: keep secrets in a file of their own, such as secrets.yml"
            )
        if mine is None:
            _whole(laid, path, text, mine)
        elif _is_variables(path):
            _variables(laid, path, text, mine)
        elif path.endswith((".conf", ".ini")):
            _options(laid, path, text, mine)
        else:
            _whole(laid, path, text, mine)
        if _is_variables(path) and not text.startswith("$ANSIBLE_VAULT"):
            laid.warnings += _plain_secrets(path, text)
    return laid


def _is_variables(path: str) -> bool:
    """Whether a file holds variables: not playbooks and what belongs to them."""
    if path.startswith(("inventory/group_vars/", "inventory/host_vars/")):
        return True
    return path.endswith((".yml", ".yaml")) and not path.startswith(("hooks/", "ansible/"))


def _whole(laid: Laid, path: str, text: str, mine: str | None) -> None:
    laid.texts[path] = text
    if mine is not None and mine != text:
        laid.replaced.append({"path": path, "key": "", "kit": "all of it"})


def _variables(laid: Laid, path: str, text: str, mine: str) -> None:
    theirs, kits = variables(path, text), yaml.safe_load(mine)
    if not isinstance(kits, dict):
        return _whole(laid, path, text, mine)
    for key in kits.keys() & theirs.keys():
        _note(laid, path, key, kits[key], theirs[key])
    laid.replaced.sort(key=lambda each: (each["path"], each["key"]))
    rest = {key: value for key, value in kits.items() if key not in theirs}
    body = re.sub(r"\A(\s*(#.*)?\n)*---[ \t]*\n", "", text)
    laid.texts[path] = (yaml_text(rest) or "---\n") + THEIRS + body
    return None


def variables(path: str, text: str) -> dict[str, Any]:
    """A file of variables, tags and all. OwnFileError if it is none, or has more documents."""
    try:
        found = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise OwnFileError(f"{path}{line}: cannot be read as YAML") from None
    if found is None:
        return {}
    if not isinstance(found, dict) or text.lstrip().startswith("{"):
        raise OwnFileError(f"{path}: write one variable a line, as a block of keys")
    return {str(key): value for key, value in found.items()}


def _options(laid: Laid, path: str, text: str, mine: str) -> None:
    theirs, kits = options(text), options(mine)
    rest: dict[str, dict[str, Any]] = {}
    for section, values in kits.items():
        for key, value in values.items():
            if key in theirs.get(section, {}):
                _note(laid, path, f"[{section}] {key}", value, theirs[section][key])
            else:
                rest.setdefault(section, {})[key] = value
    laid.texts[path] = ini_text(rest) + THEIRS + text


def options(text: str) -> dict[str, dict[str, list[str]]]:
    """Sections of options; an option that is there more than once has all its values."""
    found: dict[str, dict[str, list[str]]] = {}
    section = "DEFAULT"
    for line in text.splitlines():
        head = re.fullmatch(r"\[([^\]]+)\]\s*", line)
        pair = re.match(r"([A-Za-z0-9_.-]+)\s*[=:]\s*(.*?)\s*$", line)
        if head:
            section = head[1]
        elif pair:
            found.setdefault(section, {}).setdefault(pair[1], []).append(pair[2])
    return found


def _note(laid: Laid, path: str, key: str, kit: Any, theirs: Any) -> None:
    if kit == theirs:
        laid.same.append(f"{path}: {key}")
    else:
        laid.replaced.append({"path": path, "key": key, "kit": kit})


def _plain_secrets(path: str, text: str) -> list[str]:
    return [
        f"{path}: {key} is in plain text; encrypt it with ansible-vault"
        for key, value in variables(path, text).items()
        if _SECRET.search(key) and isinstance(value, str) and value
        and not isinstance(value, Tagged) and "{{" not in value
    ]  # fmt: skip
