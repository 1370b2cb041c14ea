"""Rules of federation: every link is between this site and a known one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...federation.engine.lost import DERIVED_FOR
from ..model import Model
from ..problems import Path, Problem
from ..quantity import quantity
from ..sections.federation import Link
from ..view import unknown
from .report import dangling, error, note, warning


def check(model: Model) -> Iterator[Problem]:
    """All rules of federation."""
    if model.federation is None or model.site is None:
        return
    own, links = model.site.name, model.federation.links
    peers = model.names("site_federation", "peers")
    seen: dict[tuple[str, str], str] = {}
    for name, link in links.items():
        path = ("site_federation", "links", name)
        for end in ("source", "target"):
            site = getattr(link, end)
            if site != own and site not in peers and model.knows("site_federation", "peers"):
                yield unknown("site", site, [own, *peers], (*path, end))
        if own not in (link.source, link.target):
            message = f"is between {link.source} and {link.target}, and this site is {own}"
            fix = "A site writes the links that it is an end of."
            yield error("foreign-link", path, message, fix)
        other = seen.setdefault((link.source, link.target), name)
        if other != name:
            message, fix = f"is the same as link {other}", "Join their namespaces in one link."
            yield error("link-duplicate", path, message, fix)
        yield from _by_namespace(path, link)
        yield from dangling(model, "cluster", link.cluster, (*path, "cluster"), "site_clusters")
        for number, fabric in enumerate(link.fabrics):
            where, place = (*path, "fabrics", number), ("site_clusters", link.cluster, "fabrics")
            yield from dangling(model, "fabric", fabric, where, *place)
        if link.pod_security == "privileged":
            message = "lets a peer's pods become root of a node"
            where = (*path, "pod_security")
            yield warning("pod-security", where, message, "Use restricted.", "privileged")
        for number, namespace in enumerate(link.namespaces):
            if namespace.startswith("kube-") or namespace in ("default", "admiralty"):
                message, fix = "is a namespace of the cluster itself", "Use one of the users'."
                where = (*path, "namespaces", number)
                yield error("link-namespace", where, message, fix, namespace)
        yield from _fields(model, own, link, (*path, "cluster"))
    yield from _shared(own, links)
    yield from _claims(links)
    for name in model.federation.addresses:
        where = ("site_federation", "addresses", name)
        yield from dangling(model, "cluster", name, where, "site_clusters")
    for name, peer in model.federation.peers.items():
        path = ("site_federation", "peers", name)
        if name == "system":
            message = "is how names of the cluster itself begin"
            yield error("peer-name", path, message, "Agree on another name.")
        if name == own:
            yield error("own-peer", path, "is this site itself", "Remove it.")
        if not any(name in (link.source, link.target) for link in links.values()):
            complete = len(links) == len(model.names("site_federation", "links"))
            if complete:
                message, fix = "no link goes there", "Add a link, or remove the peer."
                yield warning("unused-peer", path, message, fix)
        elif peer.fingerprint is None:
            fix = "Write the key's fingerprint once the peer's offer has been checked."
            yield note("peer-fingerprint", path, "its key is not known yet", fix)


def _fields(model: Model, own: str, link: Link, path: Path) -> Iterator[Problem]:
    """Which fields of pods the engine drops is known for some minor versions of the source."""
    cluster = model.clusters.get(link.cluster)
    if link.source != own or cluster is None:
        return
    if cluster.version.rpartition(".")[0] not in DERIVED_FOR:
        message = (
            f"is of Kubernetes {cluster.version}; which fields of pods the engine drops in silence "
            f"is known for {', '.join(DERIVED_FOR)} only"
        )
        fix = "Derive them anew (tests/lost_fields.py), or let no pod use newer fields."
        yield warning("lost-fields", path, message, fix, link.cluster)


def _shared(own: str, links: Mapping[str, Link]) -> Iterator[Problem]:
    """A peer reads and writes all of its namespaces: no two peers, and no own users, in one."""
    used: dict[tuple[str, str], tuple[str, str]] = {}
    for name, link in links.items():
        whose = link.source if link.target == own else own
        for number, namespace in enumerate(link.namespaces):
            other, first = used.setdefault((link.cluster, namespace), (whose, name))
            if other != whose:
                path = ("site_federation", "links", name, "namespaces", number)
                message = f"link {first} has it too, and {whose} would read {other}'s secrets there"
                fix = "Agree with one of them on another namespace."
                yield error("link-namespace-shared", path, message, fix, namespace)


def _claims(links: Mapping[str, Link]) -> Iterator[Problem]:
    """A namespace claims once, whatever number of targets its pods have."""
    first: dict[tuple[str, str], str] = {}
    for name, link in links.items():
        for namespace in link.claims:
            other = first.setdefault((link.cluster, namespace), name)
            if other != name:
                path = ("site_federation", "links", name, "claims", namespace)
                message, fix = (
                    f"link {other} says it too",
                    "Write it once, for both links together.",
                )
                yield error("link-claims", path, message, fix)


def _by_namespace(path: Path, link: Link) -> Iterator[Problem]:
    """What is said of one namespace is of one that takes part; shares keep to the budget."""
    for which in ("shares", "claims", "owners"):
        for name in getattr(link, which):
            if name not in link.namespaces:
                yield unknown("namespace", name, link.namespaces, (*path, which, name))
    if not link.shares:
        return
    missing = [name for name in link.namespaces if name not in link.shares]
    if missing:
        message = f"leaves out {', '.join(missing)}"
        yield error("link-shares", (*path, "shares"), message, "Give every namespace its part.")
    for field in type(link.budget).model_fields:
        whole = getattr(link.budget, field)
        parts = [getattr(share, field) for share in link.shares.values()]
        if whole is not None and (None in parts or sum(map(quantity, parts)) > quantity(whole)):
            message = f"{field}: the parts are more than the budget's {whole}"
            yield error("link-shares", (*path, "shares"), message, "Write parts of the budget.")
