"""What links that are over have left: a stand-in for the API server."""

import pytest
from ansible.module_utils.converge import converge, failed
from ansible.module_utils.federation.engine import engine
from ansible.module_utils.federation.manifest import LABEL
from ansible.module_utils.federation.remains import Remains, RemainsSpec, SpecError
from ansible.module_utils.kube_api import Reference
from fakes.api_server import StandInApi

ENGINE = engine()
GROUP = "multicluster.admiralty.io"
COPIED = {ENGINE.copied: "alpha-c"}
VIRTUAL = dict([ENGINE.virtual.split("=")])


class Cluster(StandInApi):
    """With selectors of labels, and deletion."""

    def __init__(self):
        super().__init__()
        self.kinds |= {
            ("v1", "Node"): ("nodes", False), ("v1", "Service"): ("services", True),
            ("networking.k8s.io/v1", "Ingress"): ("ingresses", True),
            ENGINE.asked: ("podchaperons", True),
        }  # fmt: skip

    def request(self, method, path, body=None, **more):
        plain, _, query = path.partition("?")
        if method == "DELETE":
            self.store.pop(plain, None)
            return {}
        plural = plain.rpartition("/")[2]
        if method == "GET" and plural in {name for name, _ in self.kinds.values()}:
            items = [x for at, x in self.store.items() if at.split("/")[-2] == plural]
            wanted = query.partition("labelSelector=")[2].replace("%2F", "/").replace("%3D", "=")
            key, _, value = wanted.partition("=")
            return {"items": [
                x for x in items
                if not key or (key in x["metadata"]["labels"]
                               and (not value or x["metadata"]["labels"][key] == value))
            ]}  # fmt: skip
        return super().request(method, path, body, **more)

    def put(self, kind, name, namespace="", version="v1", labels=None, notes=None, **rest):
        meta = {"name": name, "labels": labels or {}, "annotations": notes or {}}
        if namespace:
            meta["namespace"] = namespace
        thing = {"apiVersion": version, "kind": kind, "metadata": meta, **rest}
        self.store[self.path(Reference.of(thing))] = thing

    def names(self):
        return sorted(path.rpartition("/")[2] for path in self.store)


@pytest.fixture
def cluster():
    api = Cluster()
    for space in ("old", "shared"):
        labels = {LABEL: space, ENGINE.namespace_label[0]: "enabled", "own": "x",
                  "pod-security.kubernetes.io/enforce": "restricted"}  # fmt: skip
        api.put("Namespace", space, labels=labels)
        api.put(ENGINE.asked[1], f"pod-{space}", space, ENGINE.asked[0], labels=COPIED)
        api.put("Secret", f"copy-{space}", space, labels=COPIED)
        api.put("Secret", f"own-{space}", space)
        api.put(
            "Node",
            f"node-{space}",
            labels={**VIRTUAL, f"{GROUP}/target-namespace": space, f"{GROUP}/target-name": "link"},
        )
        api.put("Service", f"web-{space}", space, notes={ENGINE.rerouted: "app=web,tier=x"},
                spec={"selector": {f"{GROUP}/app": "web"}})  # fmt: skip
    api.put("Node", "machine")
    return api


def remains(api, inbound=("shared",), outbound=None):
    outbound = {"shared": ["link"]} if outbound is None else outbound
    spec = RemainsSpec.parse({"inbound": list(inbound), "outbound": outbound})
    return Remains(lambda: api, spec)


def test_what_is_of_a_link_that_is_over_goes_and_nothing_else(cluster):
    planned = [s["name"] for s in converge(remains(cluster), check=True).steps]
    done = [s["name"] for s in converge(remains(cluster)).steps]
    assert done == planned and len(done) == 5
    assert cluster.names() == [
        "copy-shared", "machine", "node-shared", "old", "own-old", "own-shared", "pod-shared",
        "shared", "web-old", "web-shared",
    ]  # fmt: skip
    assert not converge(remains(cluster)).changed
    again = remains(cluster)
    assert failed(again.verify(again.observe())) == []


def test_a_namespace_keeps_its_level_and_its_own_labels(cluster):
    converge(remains(cluster))
    labels = cluster.get(Reference("v1", "Namespace", "", "old"))["metadata"]["labels"]
    assert labels == {"own": "x", "pod-security.kubernetes.io/enforce": "restricted"}


def test_a_service_has_its_own_pods_again(cluster):
    converge(remains(cluster))
    old = cluster.get(Reference("v1", "Service", "old", "web-old"))
    assert old["spec"]["selector"] == {"app": "web", "tier": "x"}
    assert ENGINE.rerouted not in old["metadata"]["annotations"]
    kept = cluster.get(Reference("v1", "Service", "shared", "web-shared"))
    assert kept["spec"]["selector"] == {f"{GROUP}/app": "web"}


def test_a_target_of_the_same_namespace_by_another_link_is_another_node(cluster):
    steps = [s["name"] for s in converge(remains(cluster, outbound={"shared": ["new"]})).steps]
    assert "remains:Node/node-shared:delete" in steps


def test_before_there_is_a_cluster_nothing_is_planned():
    spec = RemainsSpec.parse({"inbound": [], "outbound": {}})
    assert not converge(Remains(lambda: None, spec), check=True).changed


def test_a_wrong_argument_is_named():
    with pytest.raises(SpecError, match="inbound"):
        RemainsSpec.parse({"inbound": "shared"})
