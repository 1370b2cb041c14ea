"""A test double of the federation's engine: it moves pods by what the kit made, and no more.

It stands in for Admiralty where that cannot be had: same service account, kubeconfig Secrets,
token files, labels, annotations and webhook; one program in place of agent and schedulers. It has
no logs, exec, services or ingresses of pods, makes one candidate a pod, and spreads pods over the
targets of their namespace by their identities alone.
"""

import base64
import http.server
import json
import os
import ssl
import sys
import threading
import time
import traceback

from slipway.kube_api import Api, ApiError, Reference

GROUP = "multicluster.admiralty.io"
VERSION = f"{GROUP}/v1alpha1"
ELECT, MANIFEST = f"{GROUP}/elect", f"{GROUP}/sourcepod-manifest"
PLACED_HERE = f"{GROUP}/use-constraints-from-spec-for-proxy-pod-scheduling"
PLACEMENT = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints")
PARENT_UID, PARENT_NAME = f"{GROUP}/parent-uid", f"{GROUP}/parent-name"
PARENT_CLUSTER, IS_DELEGATE = f"{GROUP}/parent-cluster-name", f"{GROUP}/is-delegate"
FINALIZER = f"{GROUP}/double"
PROVIDER = {"virtual-kubelet.io/provider": "admiralty"}
PROXY_SCHEDULER = "admiralty-proxy"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
CERTIFICATE = "/tmp/k8s-webhook-server/serving-certs"
EVERY = 1.0


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def in_cluster():
    context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    host, port = (os.environ[f"KUBERNETES_SERVICE_{x}"] for x in ("HOST", "PORT"))
    return Api(f"https://{host}:{port}", context, text(f"{ACCOUNT}/token"))


def of_secret(secret):
    """The target as the kit's kubeconfig names it: a server, its CA, a file with a token."""
    config = json.loads(base64.b64decode(secret["data"]["config"]))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    return Api(cluster["server"], context, text(user["tokenFile"]))


def reference(kind, namespace, name):
    return Reference(VERSION if kind == "PodChaperon" else "v1", kind, namespace, name)


class Source:
    """One Target, the *number*-th of *count* in its namespace: its part of the pods run there."""

    def __init__(self, own, cluster, link, number, count):
        self.own, self.cluster, self.number, self.count = own, cluster, number, count
        self.namespace, self.name = link["metadata"]["namespace"], link["metadata"]["name"]
        self.node = f"admiralty-{self.namespace}-{self.name}"
        if link["spec"].get("self"):
            self.peer = own
        else:
            name = link["spec"]["kubeconfigSecret"]["name"]
            self.peer = of_secret(own.get(reference("Secret", self.namespace, name)))

    def cycle(self):
        self.virtual_node()
        pods = {
            pod["metadata"]["uid"]: pod
            for pod in self.own.list("v1", "Pod", self.namespace)
            if pod["spec"].get("schedulerName") == PROXY_SCHEDULER and self.chosen(pod)
        }
        chaperons = {}
        query = f"labelSelector={PARENT_CLUSTER}%3D{self.cluster}"
        for found in self.peer.list(VERSION, "PodChaperon", self.namespace, query):
            uid = found["metadata"]["labels"][PARENT_UID]
            if uid in pods:
                chaperons[uid] = found
            else:
                self.peer.delete(
                    reference("PodChaperon", self.namespace, found["metadata"]["name"])
                )
        for uid, pod in pods.items():
            self.follow(pod, chaperons.get(uid))

    def chosen(self, pod):
        """By name, as a DaemonSet chooses nodes; else by the pod's identity."""
        names = named_nodes(pod["spec"])
        if names:
            return self.node in names
        return int(pod["metadata"]["uid"][:8], 16) % self.count == self.number

    def virtual_node(self):
        labels = {
            **PROVIDER, "kubernetes.io/hostname": self.node, "kubernetes.io/role": "cluster",
            f"{GROUP}/target-namespace": self.namespace, f"{GROUP}/target-name": self.name,
        }  # fmt: skip
        taint = {"key": "virtual-kubelet.io/provider", "value": "admiralty", "effect": "NoSchedule"}
        where = reference("Node", "", self.node)
        if not self.own.get(where):
            node = {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": self.node, "labels": labels},
                "spec": {"taints": [taint]},
            }
            self.own.request("POST", "/api/v1/nodes", node)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "EngineDouble",
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
            "message": "a test double",
        }
        much = {"pods": "1000", "cpu": "1000", "memory": "1000Gi"}
        status = {"status": {"conditions": [ready], "capacity": much, "allocatable": much}}
        patch(self.own, f"/api/v1/nodes/{self.node}/status", status)

    def follow(self, pod, chaperon):
        meta, bound = pod["metadata"], pod["spec"].get("nodeName")
        path = f"/api/v1/namespaces/{self.namespace}/pods/{meta['name']}"
        if meta.get("deletionTimestamp"):
            if chaperon:
                self.peer.delete(
                    reference("PodChaperon", self.namespace, chaperon["metadata"]["name"])
                )
            elif FINALIZER in meta.get("finalizers", ()):
                rest = [each for each in meta["finalizers"] if each != FINALIZER]
                patch(self.own, path, {"metadata": {"finalizers": rest}})
        elif not chaperon and not bound:
            self.copies(pod)
            made = delegate(pod, self.cluster)
            self.peer.request("POST", self.peer_path("PodChaperon"), made)
        elif not chaperon:
            self.own.delete(reference("Pod", self.namespace, meta["name"]))
        elif not bound:
            scheduled = [c["status"] for c in chaperon.get("status", {}).get("conditions", ())
                         if c["type"] == "PodScheduled"]  # fmt: skip
            if scheduled == ["True"]:
                target = {"apiVersion": "v1", "kind": "Node", "name": self.node}
                binding = {"apiVersion": "v1", "kind": "Binding",
                           "metadata": {"name": meta["name"]}, "target": target}  # fmt: skip
                self.own.request("POST", f"{path}/binding", binding)
        elif chaperon.get("status") and chaperon["status"] != pod.get("status"):
            self.copies(pod)
            patch(self.own, f"{path}/status", {"status": chaperon["status"]})

    def copies(self, pod):
        """Config maps and secrets that the pod names follow it."""
        if self.peer is self.own:
            return
        for kind, name in named(pod["spec"]):
            found = self.own.get(reference(kind, self.namespace, name))
            if not found:
                continue
            copy = {
                "apiVersion": "v1", "kind": kind, "data": found.get("data", {}),
                "metadata": {"name": name, "labels": {PARENT_CLUSTER: self.cluster},
                             "annotations": {IS_DELEGATE: "true"}},
                **({"type": found["type"]} if kind == "Secret" else {}),
            }  # fmt: skip
            there = self.peer.get(reference(kind, self.namespace, name))
            if not there:
                self.peer.request("POST", self.peer_path(kind), copy)
            elif there.get("data", {}) != copy["data"]:
                copy["metadata"]["resourceVersion"] = there["metadata"]["resourceVersion"]
                self.peer.request("PUT", f"{self.peer_path(kind)}/{name}", copy)

    def peer_path(self, kind):
        plural = {"PodChaperon": "podchaperons", "Secret": "secrets", "ConfigMap": "configmaps"}
        root = f"/apis/{VERSION}" if kind == "PodChaperon" else "/api/v1"
        return f"{root}/namespaces/{self.namespace}/{plural[kind]}"


def delegate(pod, cluster):
    """What the target is asked to run: the pod as its owner wrote it."""
    meta, spec = pod["metadata"], json.loads(pod["metadata"]["annotations"][MANIFEST])["spec"]
    tokens = {v["name"] for v in spec.get("volumes", ()) if v["name"].startswith("kube-api-access")}
    spec["volumes"] = [v for v in spec.get("volumes", ()) if v["name"] not in tokens]
    for each in [*spec["containers"], *spec.get("initContainers", ())]:
        each["volumeMounts"] = [m for m in each.get("volumeMounts", ()) if m["name"] not in tokens]
    here = PLACEMENT if PLACED_HERE in meta["annotations"] else ()
    for gone in (
        *here,
        "priority",
        "nodeName",
        "serviceAccount",
        "serviceAccountName",
        "schedulerName",
    ):
        spec.pop(gone, None)
    labels = {f"{GROUP}/{k.rpartition('/')[2]}": v for k, v in meta.get("labels", {}).items()}
    labels |= {PARENT_UID: meta["uid"], PARENT_CLUSTER: cluster}
    return {
        "apiVersion": VERSION, "kind": "PodChaperon", "spec": spec,
        "metadata": {"generateName": f"{meta['name']}-", "labels": labels,
                     "annotations": {PARENT_NAME: meta["name"]}},
    }  # fmt: skip


def named_nodes(spec):
    """Those that its affinity to nodes asks for by name."""
    asked = spec.get("affinity", {}).get("nodeAffinity", {})
    terms = asked.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    return {
        name
        for term in terms.get("nodeSelectorTerms", ())
        for field in term.get("matchFields", ())
        if field["key"] == "metadata.name"
        for name in field["values"]
    }


def named(spec):
    """(kind, name) of what a pod's volumes and environment take from."""
    found = set()
    for volume in spec.get("volumes", ()):
        if "configMap" in volume:
            found.add(("ConfigMap", volume["configMap"]["name"]))
        if "secret" in volume:
            found.add(("Secret", volume["secret"]["secretName"]))
    for container in spec["containers"]:
        sources = [entry.get("valueFrom", {}) for entry in container.get("env", ())]
        for each in [*sources, *container.get("envFrom", ())]:
            for key, kind in (("configMapKeyRef", "ConfigMap"), ("configMapRef", "ConfigMap"),
                              ("secretKeyRef", "Secret"), ("secretRef", "Secret")):  # fmt: skip
                if key in each:
                    found.add((kind, each[key]["name"]))
    return sorted(found - {("ConfigMap", "kube-root-ca.crt")})


def serve_peers(own):
    """As a target: each PodChaperon is a pod, and has its status."""
    for chaperon in own.list(VERSION, "PodChaperon"):
        meta = chaperon["metadata"]
        name, namespace = meta["name"], meta["namespace"]
        pod = own.get(reference("Pod", namespace, name))
        if meta.get("deletionTimestamp"):
            continue
        if not pod and not chaperon.get("status", {}).get("phase"):
            owner = {"apiVersion": VERSION, "kind": "PodChaperon", "name": name,
                     "uid": meta["uid"], "controller": True}  # fmt: skip
            made = {"apiVersion": "v1", "kind": "Pod", "spec": chaperon["spec"],
                    "metadata": {"name": name, "labels": meta.get("labels", {}),
                                 "ownerReferences": [owner]}}  # fmt: skip
            attempt(own.request, "POST", f"/api/v1/namespaces/{namespace}/pods", made)
        elif pod and pod.get("status") != chaperon.get("status"):
            path = f"/apis/{VERSION}/namespaces/{namespace}/podchaperons/{name}/status"
            patch(own, path, {"status": pod["status"]})


def patch(api, path, change):
    api.request("PATCH", path, change, content="application/merge-patch+json")


def attempt(work, *arguments):
    """An error of one pod or target is said, and keeps nobody else waiting."""
    try:
        work(*arguments)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        if not isinstance(error, (ApiError, OSError)):
            traceback.print_exc()


class Webhook(http.server.BaseHTTPRequestHandler):
    """Makes an elected pod a proxy: its own manifest goes into an annotation."""

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = review["request"]
        answer = {"uid": request["uid"], "allowed": True}
        if ELECT in request["object"]["metadata"].get("annotations", {}):
            changes = json.dumps(proxy(request["object"])).encode()
            answer |= {"patchType": "JSONPatch", "patch": base64.b64encode(changes).decode()}
        body = json.dumps({**review, "request": None, "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments):
        """Only errors are said."""


def proxy(pod):
    annotations = pod["metadata"]["annotations"]
    here = pod["spec"] if PLACED_HERE in annotations else {}
    kept = {key: value for key, value in pod["spec"].items() if key not in PLACEMENT}
    tolerated = {"key": "virtual-kubelet.io/provider", "value": "admiralty"}
    spec = {
        **kept, **{key: here[key] for key in PLACEMENT if key in here},
        "schedulerName": PROXY_SCHEDULER,
        "nodeSelector": {**here.get("nodeSelector", {}), **PROVIDER},
        "tolerations": [*here.get("tolerations", ()), tolerated],
        "terminationGracePeriodSeconds": 0,
    }  # fmt: skip
    annotations = {**annotations, MANIFEST: json.dumps(pod)}
    finalizers = [*pod["metadata"].get("finalizers", ()), FINALIZER]
    return [
        {"op": "add", "path": "/spec", "value": spec},
        {"op": "add", "path": "/metadata/annotations", "value": annotations},
        {"op": "add", "path": "/metadata/finalizers", "value": finalizers},
    ]


def serve(port, secure):
    server = http.server.ThreadingHTTPServer(("", port), Webhook)
    if secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{CERTIFICATE}/tls.crt", f"{CERTIFICATE}/tls.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def cycle(cluster):
    own = in_cluster()
    serve_peers(own)
    spaces = {}
    for link in own.list(VERSION, "Target"):
        spaces.setdefault(link["metadata"]["namespace"], []).append(link)
    for links in spaces.values():
        links.sort(key=lambda link: link["metadata"]["name"])
        for number, link in enumerate(links):
            attempt(lambda *which: Source(own, cluster, *which).cycle(), link, number, len(links))


def main():
    print("this is the engine's DOUBLE, a part of Slipway's tests", flush=True)
    serve(9443, secure=True)
    serve(8080, secure=False)
    while True:
        attempt(cycle, os.environ["CLUSTER_NAME"])
        time.sleep(EVERY)


if __name__ == "__main__":
    sys.exit(main())
