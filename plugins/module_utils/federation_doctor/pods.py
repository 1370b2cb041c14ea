"""Why a pod waits, or why a workload's pods are not made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..federation.engine import engine
from ..kube_api import ApiError, Object, Reference
from .away import Away
from .findings import OWNER, SOURCE, TARGET, Broken, Step, Verdict
from .own import Own
from .running import is_true
from .spec import LinkFacts, SpecError
from .state import gone_wrong, refused

if TYPE_CHECKING:
    from .doctor import Doctor

#: Workloads by whose name one may ask, too.
_WORKLOADS = (
    ("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet"), ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"), ("batch/v1", "Job"),
)  # fmt: skip


class Pods:
    """One question, in one cluster. *where*: namespace/name."""

    def __init__(self, doctor: Doctor, own: Own, where: str) -> None:
        self.namespace, slash, self.name = where.partition("/")
        if not (self.namespace and slash and self.name) or "/" in self.name:
            raise SpecError(f"{where!r} is not like namespace/name")
        self.doctor, self.own, self.engine = doctor, own, engine()
        # a namespace that comes from a peer is judged as the target's
        self.link: LinkFacts | None = None
        for link in doctor.spec.links:
            if self.namespace in link.namespaces and (doctor.side(link) == TARGET):
                self.link, own.side = link, TARGET
        self.pod: Object | None = None

    def verdict(self) -> Verdict:
        verdict = Verdict(f"pod {self.namespace}/{self.name}")
        first = [
            Step("cluster", self.own.side, self.own.answers),
            Step("namespace", self.own.side, self._namespace),
            Step("made", self.own.side, self._made),
        ]
        if not verdict.walk(first) or self.pod is None:
            return verdict
        if self.pod["spec"].get("schedulerName") == self.engine.schedulers[0]:
            self._away(verdict, self.pod)
        else:
            pod = self.pod
            verdict.walk(
                [
                    Step("election", SOURCE, lambda: self._elected(pod)),
                    Step("node", self.own.side, lambda: self._node(pod)),
                    Step("runs", self.own.side, lambda: self._runs(pod)),
                ]
            )
        return verdict

    def _away(self, verdict: Verdict, pod: Object) -> None:
        """By the first link that is whole; where none is, the first one's broken step."""
        if is_true(pod, "Ready"):
            verdict.good.append(("runs", f"on {pod['spec'].get('nodeName')}"))
            return
        links = [
            link for link in self.doctor.spec.links
            if self.namespace in link.namespaces and link.source == self.doctor.spec.site
        ]  # fmt: skip
        tried: list[tuple[LinkFacts, Verdict]] = []
        for link in links:
            own_try = Verdict(verdict.question)
            steps, peer = self.doctor.source_steps(self.own, link, [self.namespace])
            tried.append((link, own_try))
            if own_try.walk(steps):
                self.link = link
                verdict.good += own_try.good
                verdict.seconds += own_try.seconds
                verdict.walk(Away(self.own, link, peer, pod).steps())
                break
        else:
            if not tried:
                verdict.broken = Broken(
                    f"no link of the model takes {self.namespace}", SOURCE,
                    "Write it under namespaces of a link, on both sides", "link",
                )  # fmt: skip
                return
            self.link, first = tried[0]
            verdict.good, verdict.broken = verdict.good + first.good, first.broken
            verdict.seconds += sum(each.seconds for _, each in tried)
        verdict.notes += [
            f"link {link.name}: {each.broken.step}: {each.broken.seen}"
            for link, each in tried
            if each.broken and link is not self.link
        ]

    # the pod, and whether it was made

    def _namespace(self) -> str | Broken:
        live = self.own.api.get(Reference("v1", "Namespace", "", self.namespace))
        if live is None:
            return Broken(f"{self.namespace} does not exist", self.own.side, "Make it")
        if live["metadata"].get("deletionTimestamp"):
            return Broken(f"{self.namespace} is being deleted", self.own.side, "Wait, then make it")
        return f"{self.namespace} is there"

    def _made(self) -> str | Broken:
        self.pod = self.own.api.get(Reference("v1", "Pod", self.namespace, self.name))
        if self.pod is not None:
            return "the pod is there"
        delegate = self.own.api.get(Reference(*self.engine.delegate, self.namespace, self.name))
        if delegate is not None:
            return self._unmade(delegate)
        for kind in _WORKLOADS:
            workload = self.own.api.get(Reference(*kind, self.namespace, self.name))
            if workload is not None:
                return self._of_workload(workload)
        kinds = ", ".join(kind for _, kind in _WORKLOADS)
        return Broken(f"there is no pod, {kinds} {self.name} in {self.namespace}", OWNER,
                      "See kubectl get all")  # fmt: skip

    def _unmade(self, delegate: Object) -> str | Broken:
        """A peer's pod that was not made: asked for again, as a dry run."""
        meta = delegate["metadata"]
        pod = {
            "apiVersion": "v1", "kind": "Pod", "spec": delegate["spec"],
            "metadata": {
                "name": meta["name"], "namespace": self.namespace,
                "labels": meta.get("labels", {}), "annotations": meta.get("annotations", {}),
            },
        }  # fmt: skip
        path = f"/api/v1/namespaces/{self.namespace}/pods?dryRun=All"
        try:
            self.own.api.request("POST", path, pod)
        except ApiError as error:
            if error.status not in (400, 403, 404, 422, 500):
                raise
            return refused(str(error), self.own.side)
        return Broken("its pod would be taken, and was not made", self.own.side,
                      f"See the engine's agent: kubectl logs -n {self.engine.home} "
                      "-l component=controller-manager", "engine")  # fmt: skip

    def _of_workload(self, workload: Object) -> str | Broken:
        """The first of its pods that waits, else what keeps it from making them."""
        family, wanted = self._family(workload)
        pods = self.own.api.list("v1", "Pod", self.namespace)
        mine = [pod for pod in pods if family & _owners(pod)]
        waiting = [pod for pod in mine if not _well(pod)]
        if waiting:
            self.pod = waiting[0]
            return f"{self.pod['metadata']['name']} is one of its pods"
        if len(mine) >= wanted:
            return f"{len(mine)} pods of it run" if mine else "it asks for no pods"
        for event in self._events(family, "FailedCreate"):
            return refused(event.get("message", ""), self.own.side)
        return Broken(f"{len(mine)} of {wanted} pods are made, and nothing says why", self.own.side,
                      "See the controller manager's log")  # fmt: skip

    def _family(self, workload: Object) -> tuple[set[str], int]:
        """uids of the workload and of its newest ReplicaSet; how many pods it asks for."""
        spec, status, uid = (
            workload["spec"],
            workload.get("status", {}),
            workload["metadata"]["uid"],
        )
        wanted = spec.get("replicas", spec.get("parallelism", 1))
        if workload["kind"] == "DaemonSet":
            wanted = status.get("desiredNumberScheduled", 0)
        if workload["kind"] == "Job" and any(
            is_true(workload, end) for end in ("Complete", "Failed")
        ):
            wanted = 0
        family = {uid}
        if workload["kind"] == "Deployment":
            sets = self.own.api.list("apps/v1", "ReplicaSet", self.namespace)
            family |= {
                each["metadata"]["uid"]
                for each in sets
                if uid in _owners(each) and each["spec"].get("replicas")
            }
        return family, wanted

    def _events(self, uids: set[str], reason: str = "") -> list[Object]:
        """Newest first."""
        found = [
            each for each in self.own.api.list("v1", "Event", self.namespace)
            if each.get("involvedObject", {}).get("uid") in uids
            and reason in ("", each.get("reason"))
        ]  # fmt: skip
        when = lambda e: e.get("lastTimestamp") or e["metadata"].get("creationTimestamp") or ""  # noqa: E731
        return sorted(found, key=when, reverse=True)

    # at home

    def _elected(self, pod: Object) -> str | Broken:
        if self.engine.elect not in pod["metadata"].get("annotations", {}):
            return "it stays in this cluster"
        key, value = self.engine.namespace_label
        space = self.own.api.get(Reference("v1", "Namespace", "", self.namespace)) or {}
        if space.get("metadata", {}).get("labels", {}).get(key) != value:
            return Broken(
                f"it is elected, and {self.namespace} takes no part: it has no label {key}={value}",
                SOURCE, "Write the namespace under a link of the model and run "
                "playbooks/federation.yml; with an owner, they label it; then make the pod again",
                "namespace",
            )  # fmt: skip
        return Broken("it is elected, and the engine was not shown it", SOURCE,
                      "See that the engine runs; then make the pod again", "webhook")  # fmt: skip

    def _node(self, pod: Object) -> str | Broken:
        name = pod["spec"].get("nodeName")
        if not name:
            return "it has none yet"
        node = self.own.api.get(Reference("v1", "Node", "", name))
        if node is None or not is_true(node, "Ready"):
            return Broken(f"{name} is not ready", self.own.side,
                          f"See journalctl -u kubelet on {name}")  # fmt: skip
        return f"{name} is ready"

    def _runs(self, pod: Object) -> str | Broken:
        nodes = [] if pod["spec"].get("nodeName") else self.own.api.list("v1", "Node")
        events = self._events({pod["metadata"]["uid"]})
        return gone_wrong(pod, self.own.side, events, nodes) or _phase(pod)


def _owners(thing: Object) -> set[str]:
    return {each["uid"] for each in thing["metadata"].get("ownerReferences", ())}


def _well(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") == "Succeeded" or is_true(pod, "Ready")


def _phase(pod: Object) -> str:
    phase: Any = pod.get("status", {}).get("phase", "unknown")
    return f"it is {phase}"
