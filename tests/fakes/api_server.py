"""A stand-in for an API server: a store behind Api's one door, with dry runs and defaults."""

import copy
import json

from ansible.module_utils.kube_api import Api, ApiError

KINDS = {
    ("v1", "Namespace"): ("namespaces", False),
    ("v1", "ConfigMap"): ("configmaps", True),
    ("v1", "Secret"): ("secrets", True),
    ("apps/v1", "Deployment"): ("deployments", True),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): ("customresourcedefinitions", False),
}


def merged(old, new):
    result = copy.deepcopy(old)
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


class StandInApi(Api):
    """Requests end in a dict; like the server it adds fields of its own."""

    def __init__(self):
        self.store, self.kinds, self.requests = {}, dict(KINDS), []
        self._resources = None
        self.version = 0

    def _discover(self):
        return dict(self.kinds)

    def request(self, method, path, body=None, **_more):
        path, _, query = path.partition("?")
        self.requests.append((method, path, query))
        found = self.store.get(path)
        if method == "GET" and path.split("/")[-1] in {plural for plural, _ in self.kinds.values()}:
            inside = [thing for at, thing in self.store.items() if at.startswith(path)]
            return {"items": copy.deepcopy(inside)}
        if method == "PATCH":
            self.version += 1
            json.dumps(body)
            new = merged(found or {"status": {}}, body)
            meta = new["metadata"]
            new["metadata"] = {**meta, "uid": path, "resourceVersion": str(self.version)}
            if "dryRun" not in query:
                self.store[path] = new
                if body.get("kind") == "CustomResourceDefinition":
                    names, group = new["spec"]["names"], new["spec"]["group"]
                    self.kinds[f"{group}/v1", names["kind"]] = (names["plural"], True)
            return copy.deepcopy(new)
        if found is None:
            raise ApiError(f"{path} not found", 404, "NotFound")
        if method == "DELETE":
            del self.store[path]
        return copy.deepcopy(found)
