"""What a run is given, and the documents that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..host_datapath.reading import Reader, SpecError
from .account import by_token
from .documents import Answered, Offer, Request, Signed

__all__ = ["ClusterFacts", "ExchangeSpec", "LinkSpec", "SpecError", "audience"]

Make = Callable[[int, str, str], Any]


@dataclass(frozen=True)
class ClusterFacts:
    """A cluster of this site as peers see it; *ca* is "" while there is none yet.

    api  host:port. ca: its certificate authority, PEM. issuer: URL of its service accounts.
    """

    api: str
    ca: str
    issuer: str


@dataclass(frozen=True)
class LinkSpec:
    """A link at this site's end; *terms* as ``link_terms`` derives them from the model."""

    name: str
    source: str
    target: str
    cluster: str
    peer: str
    terms: Mapping[str, Any]

    @property
    def bursting(self) -> bool:
        return self.source == self.target

    @property
    def by_token(self) -> bool:
        """Whether the target sends tokens, instead of trusting the source's issuer."""
        return by_token({**self.terms, "source": self.source, "target": self.target})


@dataclass(frozen=True)
class ExchangeSpec:
    """One site's links, peers ({name: fingerprint or ""}) and clusters.

    key      of its signatures: a path, see ``Signer``. folder: where documents are.
    subject  the engine's identity in a source. lifetime: of a document, in seconds.
    """

    site: str
    links: Mapping[str, LinkSpec]
    peers: Mapping[str, str]
    clusters: Mapping[str, ClusterFacts]
    key: str
    folder: str
    subject: str
    lifetime: int

    @property
    def sealing_key(self) -> str:
        """Path of the key that opens tokens, beside the one that signs."""
        return f"{self.key.removesuffix('.pub')}.seal"

    @classmethod
    def parse(cls, data: Mapping[str, Any], subject: str) -> ExchangeSpec:
        """From plain data. Raises SpecError."""
        r = Reader(data, "")
        site = r.text("site")
        clusters = {
            name: _cluster(Reader(value, f"clusters.{name}"))
            for name, value in _mapping(r, "clusters").items()
        }
        links = {
            name: _link(name, Reader(value, f"links.{name}"), site)
            for name, value in _mapping(r, "links").items()
        }
        for link in links.values():
            if link.cluster not in clusters:
                raise SpecError(f"links.{link.name}.cluster: {link.cluster} is not in clusters")
        spec = cls(
            site, links, r.settings("peers"), clusters, r.text("key"), r.text("folder"), subject,
            r.number("lifetime", 90 * 86400, 60, 3650 * 86400),
        )  # fmt: skip
        r.end()
        return spec


def _mapping(reader: Reader, name: str) -> Mapping[str, Any]:
    found = reader.object(name)
    return found.value if found else {}


def _cluster(r: Reader) -> ClusterFacts:
    ca = "".join(f"{line.strip()}\n" for line in r.text("ca", "").splitlines() if line.strip())
    facts = ClusterFacts(r.text("api"), ca, r.text("issuer"))
    r.end()
    return facts


def _link(name: str, r: Reader, site: str) -> LinkSpec:
    terms = r.object("terms")
    if terms is None:
        raise SpecError(f"links.{name}.terms: missing")
    source, target, cluster = terms.text("source"), terms.text("target"), r.text("cluster")
    if site not in (source, target):
        raise SpecError(f"links.{name}: {site} is no end of it")
    r.end()
    return LinkSpec(
        name, source, target, cluster, target if source == site else source, terms.value
    )


def audience(site: str, cluster: str) -> str:
    """What tokens for a cluster must be made for: it names the target, and no other takes them."""
    return f"slipway:{site}:{cluster}"


def offer_of(spec: ExchangeSpec, link: LinkSpec) -> Make:
    """Makes the offer of *link* from serial, time of issue and end."""
    facts, terms = spec.clusters[link.cluster], link.terms

    def make(serial: int, issued: str, expires: str) -> Offer:
        return Offer.model_validate(
            {
                "link": link.name, "source": link.source, "target": link.target,
                "serial": serial, "issued": issued, "expires": expires,
                "api": f"https://{facts.api}", "certificate_authority": facts.ca,
                "audience": audience(spec.site, link.cluster),
                **{key: terms[key] for key in (
                    "namespaces", "budget", "priority", "pod_security", "credential",
                    "token_lifetime",
                )},
            }
        )  # fmt: skip

    return make


def request_of(spec: ExchangeSpec, link: LinkSpec, offer: Signed, key: str | None) -> Make:
    """Makes the request that answers *offer*. *key*: for tokens to be sealed with."""
    facts = spec.clusters[link.cluster]

    def make(serial: int, issued: str, expires: str) -> Request:
        return Request(
            link=link.name, source=link.source, target=link.target,
            serial=serial, issued=issued, expires=expires,
            offer=Answered(serial=offer.document.serial, sha256=offer.sha256),
            issuer=facts.issuer,
            discovery=f"https://{facts.api}/.well-known/openid-configuration",
            certificate_authority=facts.ca, subject=spec.subject,
            username=f"{spec.site}:{spec.subject}", encryption_key=key if link.by_token else None,
        )  # fmt: skip

    return make
