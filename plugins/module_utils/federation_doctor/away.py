"""A pod that leaves by a link that is whole: what became of it in the target."""

from __future__ import annotations

from ..federation.engine import engine
from ..kube_api import ApiError, Object
from .findings import OWNER, SOURCE, TARGET, Broken, Step
from .own import Own
from .peer import Peer
from .quota import exceeded
from .spec import LinkFacts
from .state import gone_wrong


class Away:
    """*peer* is None where the cluster is its own target: then *own* is asked."""

    def __init__(self, own: Own, link: LinkFacts, peer: Peer | None, pod: Object) -> None:
        self.own, self.link, self.pod, self.engine = own, link, pod, engine()
        self.api = lambda: peer.api if peer else own.api
        self.namespace = pod["metadata"]["namespace"]
        self.delegate: Object = {}
        self.made: Object = {}

    def steps(self) -> list[Step]:
        return [
            Step("candidate", TARGET, self.candidate),
            Step("delegate", TARGET, self.delegated),
            Step("runs", TARGET, self.runs),
        ]

    def candidate(self) -> str | Broken:
        """The engine's scheduler has asked the target for a place."""
        uid = self.pod["metadata"]["uid"]
        found = self.api().list(
            *self.engine.delegate, self.namespace, f"labelSelector={self.engine.parent}={uid}"
        )
        if not found:
            told = [
                each.get("message", "")
                for each in self.pod.get("status", {}).get("conditions", ())
                if each["type"] == "PodScheduled"
            ]
            said = f"; the scheduler says: {told[0]}" if told and told[0] else ""
            return Broken(
                f"{self.link.target} was not asked for a place{said}", SOURCE,
                f"kubectl logs -n {self.engine.home} -l component=proxy-scheduler",
            )  # fmt: skip
        self.delegate = found[0]
        return f"{self.delegate['metadata']['name']} is in {self.link.target}"

    def delegated(self) -> str | Broken:
        """The target has made a pod of it; if not, what can be seen of the reason."""
        name = self.delegate["metadata"]["name"]
        for pod in self.api().list("v1", "Pod", self.namespace):
            if pod["metadata"]["name"] == name:
                self.made = pod
                return f"{self.link.target} has made its pod"
        try:
            quotas = self.api().list("v1", "ResourceQuota", self.namespace)
        except ApiError as error:
            if error.status != 403:
                raise
            quotas = []
        full = exceeded(quotas, self.delegate["spec"])
        if full:
            return Broken(full, TARGET, f"Wait for pods of {self.link.source} to end, ask for "
                          f"less, or have {self.link.target} lend more", "quota")  # fmt: skip
        priority = self.pod["spec"].get("priority") or 0
        if self.link.offer and priority > self.link.offer["priority"]:
            return Broken(
                f"its priority is {priority}, the link allows {self.link.offer['priority']}",
                OWNER, "Give it another priorityClassName", "admission",
            )  # fmt: skip
        return Broken(
            f"{self.link.target} has made no pod of {name}: its API server refuses it, or its "
            "engine does not run", TARGET,
            f"{self.link.target}: scripts/doctor pod {self.namespace}/{name} says which",
        )  # fmt: skip

    def runs(self) -> str | Broken:
        wrong = gone_wrong(self.made, TARGET, self._events())
        if wrong is not None:
            return wrong
        if self.made.get("status", {}).get("phase") == "Pending":
            return Broken(
                f"it is about to start in {self.link.target}", TARGET,
                "Wait; if it stays so, see the node's kubelet", "start",
            )  # fmt: skip
        return Broken(
            f"it runs in {self.link.target}, and this site has not heard of it", SOURCE,
            f"kubectl logs -n {self.engine.home} -l component=controller-manager", "feedback",
        )  # fmt: skip

    def _events(self) -> list[Object]:
        uid = self.made["metadata"]["uid"]
        try:
            found = self.api().list("v1", "Event", self.namespace)
        except ApiError as error:
            if error.status != 403:
                raise
            return []
        return [each for each in found if each.get("involvedObject", {}).get("uid") == uid]
