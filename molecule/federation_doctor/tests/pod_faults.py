"""Pods that wait or are refused: at home, on their way, in the target. The engine is its double."""

from __future__ import annotations

import json

from .link_faults import no_rule, removed, rule
from .pair import Pair, Site, fault, source, target, until

HOME, AWAY = "home", "shared"
IMAGE = "registry.lab/toolbox:1"
ELECT = {"multicluster.admiralty.io/elect": ""}
ENGINE = "deployment -n admiralty engine-double"
EVERYWHERE = [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]
SAFE = {
    "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
    "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"},
}  # fmt: skip


def template(space: str, *, annotations=None, safe=True, container=None, **spec):
    """A pod without its name. At home it may run on the control plane, which is all there is."""
    one = {"name": "c", "image": IMAGE, "command": ["sleep", "1000"], **(container or {})}
    if safe:
        one["securityContext"] = SAFE
    home = {"tolerations": EVERYWHERE} if space == HOME else {}
    return {
        "metadata": {"annotations": annotations or ({} if space == HOME else ELECT)},
        "spec": {"containers": [one], "terminationGracePeriodSeconds": 0, **home, **spec},
    }  # fmt: skip


def make(site: Site, name: str, space: str, **more):
    """A pod, once its namespace has what pods need."""
    if space == HOME:
        site.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}})
    site.says(f"get serviceaccount -n {space} default", "default")
    thing = template(space, **more)
    meta = {"name": name, "namespace": space, **thing["metadata"]}
    site.kubectl("create -f -", {"apiVersion": "v1", "kind": "Pod", **thing, "metadata": meta})


def deploy(site: Site, name: str, space: str, **more):
    """A Deployment; returns when a pod of it was refused."""
    if space == HOME:
        site.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}})
    labels = {"app": name}
    thing = template(space, **more)
    thing["metadata"]["labels"] = labels
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": thing}
    meta = {"name": name, "namespace": space}
    whole = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}
    site.kubectl("create -f -", whole)
    site.says(f"get events -n {space} --field-selector reason=FailedCreate", f"replicaset/{name}")


def gone(site: Site, what: str, space: str) -> None:
    site.kubectl(f"delete -n {space} {what} --wait=false")


def delegate(pair: Pair, name: str) -> str:
    """Name of what the target was asked to run; also for questions, as {delegate}."""
    ask = "get podchaperons -n shared -o jsonpath={.items[*].metadata.name}"
    find = lambda: [n for n in pair.beta.kubectl(ask).split() if n.startswith(f"{name}-")]  # noqa: E731
    pair.names["delegate"] = until(find, f"beta has the delegate of {name}")[0]
    return pair.names["delegate"]


def at_home(name: str) -> tuple[str, str]:
    return ("pod", f"{HOME}/{name}")


def leaving(name: str) -> tuple[str, str]:
    return ("pod", f"{AWAY}/{name}")


CAME = ("pod", "shared/{delegate}")

# at home


@fault("no node has the label that a pod asks for",
       ("alpha", at_home("selective"), "scheduling", "owner"))  # fmt: skip
def selective(pair: Pair):
    make(pair.alpha, "selective", HOME, nodeSelector={"colour": "blue"})
    pair.alpha.says("get pod -n home selective -o yaml", "Unschedulable")
    yield
    gone(pair.alpha, "pod selective", HOME)


@fault("fabric without carrier", ("alpha", at_home("fabric"), "fabric", "source"))
def fabric(pair: Pair):
    show = "get node alpha-control-1 -o jsonpath={.metadata.labels}"
    pair.alpha.sh("ip link set storage down")
    pair.alpha.says(show, 'fabric.slipway/storage":"down')
    make(pair.alpha, "fabric", HOME,
         annotations={"k8s.v1.cni.cncf.io/networks": "fabrics/storage"})  # fmt: skip
    pair.alpha.says("get pod -n home fabric -o yaml", "Unschedulable")
    yield
    gone(pair.alpha, "pod fabric", HOME)
    pair.alpha.sh("ip link set storage up")
    pair.alpha.says(show, 'fabric.slipway/storage":"up')


@fault("image that no registry gives, at home", ("alpha", at_home("image"), "image", "source"))
def image(pair: Pair):
    make(pair.alpha, "image", HOME, container={"image": "registry.lab/none:1"})
    pair.alpha.says("get pod -n home image -o yaml", "ErrImagePull|ImagePullBackOff")
    yield
    gone(pair.alpha, "pod image", HOME)


@fault("Secret that is not there", ("alpha", at_home("secret"), "configuration", "owner"))
def secret(pair: Pair):
    key = {"secretKeyRef": {"name": "none", "key": "k"}}
    make(pair.alpha, "secret", HOME, container={"env": [{"name": "K", "valueFrom": key}]})
    pair.alpha.says("get pod -n home secret -o yaml", "CreateContainerConfigError")
    yield
    gone(pair.alpha, "pod secret", HOME)


@fault("quota at home is used up", ("alpha", at_home("many"), "quota", "source"))
def many(pair: Pair):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"pods": "0"}},
             "metadata": {"name": "none", "namespace": HOME}}  # fmt: skip
    pair.alpha.apply(quota)
    pair.alpha.says("get resourcequota -n home none -o yaml", "used:")
    deploy(pair.alpha, "many", HOME)
    yield
    gone(pair.alpha, "deployment many", HOME)
    gone(pair.alpha, "resourcequota none", HOME)


@fault("image volume of an elected pod", ("alpha", leaving("volume"), "admission", "owner"))
def volume(pair: Pair):
    volumes = [{"name": "v", "image": {"reference": IMAGE}}]
    deploy(pair.alpha, "volume", AWAY, volumes=volumes)
    yield
    gone(pair.alpha, "deployment volume", AWAY)


@fault("elected pod where the namespace takes no part",
       ("alpha", at_home("elected"), "namespace", "source"))  # fmt: skip
def elected(pair: Pair):
    make(pair.alpha, "elected", HOME, annotations=ELECT)
    yield
    gone(pair.alpha, "pod elected", HOME)


# in the target


@fault("target's nodes take no pods", ("alpha", leaving("nowhere"), "scheduling", "target"))
def nowhere(pair: Pair):
    pair.beta.kubectl("cordon beta-control-1")
    make(pair.alpha, "nowhere", AWAY)
    pair.beta.says(f"get pod -n shared {delegate(pair, 'nowhere')} -o yaml", "Unschedulable")
    yield
    pair.beta.kubectl("uncordon beta-control-1")
    pair.alpha.says("get pod -n shared nowhere", "1/1 +Running")
    step, _, said = pair.alpha.doctor(*leaving("nowhere"))
    gone(pair.alpha, "pod nowhere", AWAY)
    assert not step, said


@fault("label that no node of the target has", ("alpha", leaving("blue"), "scheduling", "owner"))
def blue(pair: Pair):
    make(pair.alpha, "blue", AWAY, nodeSelector={"colour": "blue"})
    pair.beta.says(f"get pod -n shared {delegate(pair, 'blue')} -o yaml", "Unschedulable")
    yield
    gone(pair.alpha, "pod blue", AWAY)


@fault("image that no registry gives, in the target",
       ("alpha", leaving("pulled"), "image", "target"))  # fmt: skip
def pulled(pair: Pair):
    make(pair.alpha, "pulled", AWAY, container={"image": "registry.lab/none:1"})
    name = delegate(pair, "pulled")
    pair.beta.says(f"get pod -n shared {name} -o yaml", "ErrImagePull|ImagePullBackOff")
    yield
    gone(pair.alpha, "pod pulled", AWAY)


@fault("quota of the target is used up", ("alpha", leaving("large"), "quota", "target"),
       ("beta", CAME, "quota", "target"))  # fmt: skip
def large(pair: Pair):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"requests.cpu": "50m"}},
             "metadata": {"name": "tight", "namespace": AWAY}}  # fmt: skip
    pair.beta.apply(quota)
    pair.beta.says("get resourcequota -n shared tight -o yaml", "used:")
    make(pair.alpha, "large", AWAY)
    delegate(pair, "large")
    yield
    gone(pair.alpha, "pod large", AWAY)
    gone(pair.beta, "resourcequota tight", AWAY)


@fault("priority above the link's", ("alpha", leaving("high"), "admission", "owner"),
       ("beta", CAME, "admission", "owner"))  # fmt: skip
def high(pair: Pair):
    level = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1000,
             "metadata": {"name": "doctor-high"}}  # fmt: skip
    for site in (pair.alpha, pair.beta):
        site.apply(level)
    make(pair.alpha, "high", AWAY, priorityClassName="doctor-high")
    delegate(pair, "high")
    yield
    gone(pair.alpha, "pod high", AWAY)


@fault("pod that the target's Pod Security refuses",
       ("alpha", leaving("unsafe"), "delegate", "target"),
       ("beta", CAME, "admission", "owner"))  # fmt: skip
def unsafe(pair: Pair):
    make(pair.alpha, "unsafe", AWAY, safe=False)
    delegate(pair, "unsafe")
    yield
    gone(pair.alpha, "pod unsafe", AWAY)


# the engine and the link


def scaled(site: Site, count: int) -> None:
    site.kubectl(f"scale {ENGINE} --replicas {count}")
    site.says(f"get {ENGINE}", f" {count}/{count} ")
    if not count:  # it works on while it ends
        site.kubectl("wait -n admiralty pod -l app=engine-double --for=delete --timeout=90s")


@fault("engine of the target is off", ("alpha", leaving("unserved"), "delegate", "target"),
       ("beta", CAME, "engine", "target"), target("engine", "target"))  # fmt: skip
def target_off(pair: Pair):
    scaled(pair.beta, 0)
    make(pair.alpha, "unserved", AWAY)
    delegate(pair, "unserved")
    yield
    gone(pair.alpha, "pod unserved", AWAY)
    scaled(pair.beta, 1)


@fault("pod waits for a port that is dropped", ("alpha", leaving("cut"), "port", "network"))
def cut(pair: Pair):
    # the node's packets, and those of the engine's pod
    rule(pair.beta, "filter", "prerouting",
         "ip saddr { 192.168.77.31, 10.101.0.0/16 } tcp dport 6443 drop")  # fmt: skip
    make(pair.alpha, "cut", AWAY)
    yield
    no_rule(pair.beta)
    # the double takes a pod away once it has seen it in the target
    delegate(pair, "cut")
    gone(pair.alpha, "pod cut", AWAY)


@fault("engine of the source is off", source("engine", "source"),
       ("alpha", leaving("hooked"), "webhook", "source"))  # fmt: skip
def source_off(pair: Pair):
    scaled(pair.alpha, 0)
    deploy(pair.alpha, "hooked", AWAY)
    yield
    gone(pair.alpha, "deployment hooked", AWAY)
    scaled(pair.alpha, 1)


removed("webhook removed", "alpha", "mutatingwebhookconfiguration engine-double",
        source("webhook", "source"))  # fmt: skip


@fault("no token is mounted in the engine", source("token volume", "source"))
def no_token(pair: Pair):
    saved = pair.alpha.get(ENGINE)
    change = json.loads(json.dumps(saved))
    pod = change["spec"]["template"]["spec"]
    pod["volumes"] = [v for v in pod["volumes"] if v["name"] != "slipway-tokens"]
    for each in pod["containers"]:
        each["volumeMounts"] = [m for m in each["volumeMounts"] if m["name"] != "slipway-tokens"]
    for thing in (change, saved):
        pair.alpha.kubectl("replace -f -", thing)
        pair.alpha.kubectl(f"rollout status --timeout 120s {ENGINE}")
        if thing is change:
            yield
