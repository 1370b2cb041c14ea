"""What the doctor is given of the model and of the documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError
from ..kube_api import Object

__all__ = ["DoctorSpec", "LinkFacts", "SpecError"]


@dataclass(frozen=True)
class LinkFacts:
    """A link at this site's end.

    state, detail, expires  as ``federation_exchange`` says them.
    owned      namespaces that their owners switch on and off.
    offer      the target's (in a source), request: the source's (in a target); else None.
    objects    what the kit puts into the cluster for this link.
    trusted    the entry of the API server's ``jwt`` for it, in a target.
    lifetime   of tokens, in seconds.
    secret     in a source whose target sends tokens: the Secret that holds one; else "".
    """

    name: str
    source: str
    target: str
    state: str
    detail: tuple[str, ...]
    expires: str
    namespaces: tuple[str, ...]
    owned: tuple[str, ...]
    offer: Mapping[str, Any] | None
    request: Mapping[str, Any] | None
    objects: tuple[Object, ...]
    trusted: Mapping[str, Any] | None
    lifetime: int
    secret: str

    @property
    def bursting(self) -> bool:
        return self.source == self.target


@dataclass(frozen=True)
class DoctorSpec:
    """One cluster of a site.

    api, issuer, authority  of the cluster as peers see it: host:port, URL, PEM.
    guards                  the federation's policies.
    """

    site: str
    cluster: str
    api: str
    issuer: str
    authority: str
    links: tuple[LinkFacts, ...]
    guards: tuple[Object, ...]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> DoctorSpec:
        """From plain data, as the filter ``federation_doctor`` gives it. Raises SpecError."""
        r = Reader(data, "")
        links = tuple(_link(each) for each in r.objects("links"))
        guards = tuple(each.value for each in r.objects("guards"))
        spec = cls(
            r.text("site"), r.text("cluster"), r.text("api", ""), r.text("issuer"),
            r.text("authority", ""), links, guards,
        )  # fmt: skip
        r.end()
        return spec

    def link(self, name: str) -> LinkFacts:
        """SpecError names those that there are."""
        for link in self.links:
            if link.name == name:
                return link
        known = ", ".join(link.name for link in self.links) or "none"
        raise SpecError(f"no link {name} of cluster {self.cluster} in the model; there: {known}")


def _link(r: Reader) -> LinkFacts:
    value = r.value
    found = LinkFacts(
        name=r.text("name"), source=r.text("source"), target=r.text("target"),
        state=r.text("state"), detail=r.texts("detail"), expires=r.text("expires", ""),
        namespaces=r.texts("namespaces"), owned=r.texts("owned"),
        offer=value.get("offer"), request=value.get("request"),
        objects=tuple(each.value for each in r.objects("objects")),
        trusted=value.get("trusted"), lifetime=r.number("lifetime", 3600, 1, 10**9),
        secret=r.text("secret", ""),
    )  # fmt: skip
    for name in ("offer", "request", "trusted"):
        r.ignore(name)
    r.end()
    return found
