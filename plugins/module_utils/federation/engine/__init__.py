"""The engine that moves pods between clusters, behind a small interface.

All that is one engine's own (kinds, labels, roles, identities) is in its file here; the rest of
the federation knows links, credentials, namespaces and budgets only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from .admiralty import Admiralty

Manifest = dict[str, Any]


class Engine(Protocol):
    """What an engine answers. Manifests are plain objects of Kubernetes; nothing is applied here.

    subject          its service account in a source, as a token's ``sub`` says it.
    namespace_label  that makes a namespace of the source take part: (name, value).
    elect            annotation of pods that may leave: its name.
    manifest         annotation in which it keeps a pod as its owner wrote it.
    scheduler        that it gives to pods that leave.
    asked            (apiVersion, kind) of what a peer makes in a target for a pod.
    copied           label of what followed a pod into the target. virtual: of nodes that stand for
                     a target. stands_for: labels of such a node: namespace, link.
    rerouted         annotation with a service's own selector, where the engine changed it.
    guarded          kinds that make links: {API group: resources}.
    home             namespace of its own pods.
    delegate         what it makes in a target for a pod: (apiVersion, kind). Named in the target
                     as the pod that is made from it, whose status it carries.
    parent           label of a delegate: its value is the uid of the pod in the source.
    schedulers       of pods that leave, and of pods that have come.
    """

    subject: str
    namespace_label: tuple[str, str]
    elect: str
    manifest: str
    scheduler: str
    asked: tuple[str, str]
    copied: str
    virtual: str
    stands_for: tuple[str, str]
    rerouted: str
    guarded: Mapping[str, Sequence[str]]
    home: str
    delegate: tuple[str, str]
    parent: str
    schedulers: tuple[str, str]

    def definitions(self) -> list[Manifest]:
        """Its resource definitions, where its own installation does not bring them."""
        ...

    def peer_rules(self) -> list[dict[str, Any]]:
        """What a peer may do in a namespace of a link, as rules of RBAC."""
        ...

    def peer_cluster_rules(self) -> list[dict[str, Any]]:
        """What a peer may do beside that, in the whole target cluster."""
        ...

    def own_rules(self) -> list[dict[str, Any]]:
        """What its account may do in a source's namespaces, beside its installation."""
        ...

    def quota(self) -> dict[str, str]:
        """Bounds on what a peer makes in a namespace beside pods, for its ResourceQuota."""
        ...

    def link(self, name: str, namespace: str, secret: str | None) -> Manifest:
        """What makes *namespace* of a source use a target; without a secret the cluster itself."""
        ...

    def token_volume(self, tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The volume that the engine's pods in a source mount at ``/var/run/secrets/slipway``.

        A token is ``{path, audience, lifetime}``, or ``{path, secret}``: a Secret of its home.
        """
        ...

    def secret_key(self) -> str:
        """Key of a link's Secret that holds the kubeconfig."""
        ...


def engine() -> Engine:
    """The engine in use."""
    return Admiralty()
