"""One's own cluster, asked as its administrator: is it there, and as the kit makes it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..cluster_objects.spec import ObjectsSpec
from ..cluster_objects.subject import changed, plain, shown
from ..federation.engine import engine
from ..kube_api import Api, ApiError, Object, Reference
from .findings import Broken

CRD = "CustomResourceDefinition"
RUN = "Run playbooks/federation.yml"
#: Kinds of a link's objects by the step that they are part of.
STEPS = {
    "Namespace": "namespace",
    "ResourceQuota": "quota",
    "LimitRange": "quota",
    "NetworkPolicy": "network policy",
    "ClusterRole": "authorisation",
    "ClusterRoleBinding": "authorisation",
    "RoleBinding": "authorisation",
    "ServiceAccount": "authorisation",
    "Secret": "link",
    "Target": "link",
}


class Own:
    """*connect* gives the API with the administrator's credential; ApiError if it cannot."""

    def __init__(self, connect: Callable[[], Api], side: str) -> None:
        self._connect, self.side = connect, side
        self._api: Api | None = None

    @property
    def api(self) -> Api:
        if self._api is None:
            self._api = self._connect()
        return self._api

    def answers(self) -> str | Broken:
        try:
            self.api.text("/readyz")
        except ApiError as error:
            return Broken(
                f"this cluster's own API server is not ready: {error}", self.side,
                "See crictl ps -a and journalctl -u kubelet on the control planes",
            )  # fmt: skip
        return "the API server is ready"

    def definitions(self) -> str | Broken:
        """The engine's kinds are there, in the version that the kit and the engine use."""
        for wanted in engine().definitions():
            reference = Reference.of(wanted)
            version = wanted["spec"]["versions"][0]["name"]
            live, missing = self.api.get(reference), f"{reference.name} is not defined"
            if live is not None:
                missing = _unserved(live, version)
            if missing:
                return Broken(missing, self.side, f"{RUN}, or install the engine again")
        return "all kinds are served"

    def as_written(self, objects: Iterable[Object], step: str) -> str | Broken:
        """Those of *objects* that belong to *step* are in the cluster as the kit writes them."""
        chosen = [thing for thing in objects if STEPS.get(thing["kind"], "admission") == step]
        # the set's name is in a label of each object
        whole = "federation-guards" if step == "admission" else "federation"
        for thing in ObjectsSpec.parse({"name": whole, "objects": chosen}).objects:
            problem = self.difference(thing)
            if problem:
                return Broken(f"{Reference.of(thing)} {problem}", self.side, RUN)
        return f"{len(chosen)} objects are as the model says"

    def difference(self, thing: Object) -> str | None:
        """What the server would change if it were applied: asked as a dry run."""
        reference = Reference.of(thing)
        live = self.api.get(reference)
        if live is None:
            return "is missing"
        if live["metadata"].get("deletionTimestamp"):
            return "is being deleted"
        then = self.api.apply(thing, dry=True)
        if plain(then) == plain(live):
            return None
        is_, should = shown(live), shown(then)
        line = (changed(should, is_) or changed(is_, should) or "").splitlines()[:1]
        return f"is not as the model says: it should have {line[0] if line else 'other values'}"


def _unserved(definition: Object, version: str) -> str | None:
    name = definition["metadata"]["name"]
    if definition["metadata"].get("deletionTimestamp"):
        return f"{name} is being deleted"
    served = [each["name"] for each in definition["spec"]["versions"] if each.get("served")]
    if version not in served:
        return f"{name} is served as {', '.join(served) or 'nothing'}, not as {version}"
    conditions = definition.get("status", {}).get("conditions", [])
    if not any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
        return f"{name} is not established"
    return None
