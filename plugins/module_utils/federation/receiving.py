"""A source's side of tokens: the key that opens them, and taking those that have come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..converge import Step
from .documents import Signed
from .letters import Letters
from .sealing import SealingKey
from .terms import LinkSpec
from .tokens import opened


class Receiving:
    """Steps beside those of the exchange. *path* gives the place of a document by its name."""

    def __init__(self, letters: Letters, path: Callable[[str], str]) -> None:
        self.letters, self.system, self._path = letters, letters.system, path
        self.key = letters.sealing

    def links(self) -> list[LinkSpec]:
        """Those to whose targets this site brings tokens."""
        spec = self.letters.spec
        return [x for x in spec.links.values() if x.by_token and x.source == spec.site]

    def key_steps(self, seen: dict[str, Any]) -> tuple[list[Step], str | None]:
        """The key is there, and nobody else's to read; and its public half."""
        public = seen["sealing_key"]
        asked = any(
            isinstance(self.letters.judged(link, seen, "offer"), Signed) for link in self.links()
        )
        if public is None and asked:
            text, public = SealingKey.new()
            step = Step("sealing:make", "opens the tokens of targets",
                        lambda: self.key.write(text),
                        lambda: None if self.key.public() == public else "is not what was written",
                        after=self.key.path)  # fmt: skip
            return [step], public
        if seen["sealing_exposed"]:
            step = Step("sealing:protect", "others may read the key that opens tokens",
                        self.key.protect,
                        lambda: "others may read it" if self.key.exposed() else None,
                        before="readable by others", after="0600")  # fmt: skip
            return [step], public
        return [], public

    def steps(self, seen: dict[str, Any]) -> list[Step]:
        """Newer tokens that hold. What was taken is also the memory of serials."""
        found = []
        for link in self.links():
            name = f"{link.peer}/{link.name}.token"
            came = self.letters.token_come(link, seen)
            if isinstance(came, Signed) and seen["taken"].get(name) != came.text:
                found.append(self._take(name, came))
        return found

    def _take(self, name: str, came: Signed) -> Step:
        path, text = self._path(name), came.text
        return Step(
            f"take:{name}", "is newer than the last one",
            lambda: self.system.write_file(path, text, 0o600),
            lambda: None if (self.system.read(path) or "") + "\n" == text else "is not there",
            after=came.body,
        )  # fmt: skip

    def tokens(self, seen: dict[str, Any], cluster: str) -> dict[str, str]:
        """The secrets themselves, by link: of accepted links of *cluster*."""
        found = {}
        for link in self.links():
            last = self.letters.token_taken(link, seen)
            state = self.letters.state_of(link, seen)["state"]
            if last is not None and link.cluster == cluster and state == "accepted":
                found[link.name] = opened(self.key, last.document)
        return found
