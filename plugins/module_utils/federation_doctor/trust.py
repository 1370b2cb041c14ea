"""Whether this API server trusts a peer's issuer, as the link says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..cluster_authentication.subject import FILE, METRIC
from ..kube_api import Api
from ..system import System
from .findings import TARGET, Broken

_RUN = "Run playbooks/federation.yml"


def trusted(system: System, api: Api, entry: Mapping[str, Any]) -> str | Broken:
    """*entry* is in the file of this control plane, and the API server has taken the file."""
    text, url = system.read(FILE), entry["issuer"]["url"]
    if text is None:
        return Broken(f"{FILE} is missing", TARGET, "Run playbooks/clusters.yml")
    try:
        entries = json.loads(text).get("jwt") or []
    except (ValueError, AttributeError):
        return Broken(f"{FILE} is no JSON", TARGET, "Run playbooks/clusters.yml")
    found = [each for each in entries if each.get("issuer", {}).get("url") == url]
    if not found:
        wrong = ", ".join(str(each.get("issuer", {}).get("url")) for each in entries) or "none"
        return Broken(f"{url} is not trusted; issuers in {FILE}: {wrong}", TARGET, _RUN)
    for key, value in entry.items():
        if found[0].get(key) != value:
            return Broken(f"{url} is trusted in another way than the link says: {key}", TARGET,
                          _RUN)  # fmt: skip
    taken = [line for line in api.text("/metrics").splitlines() if line.startswith(METRIC)]
    digests = [hashlib.sha256(f"{text}{end}".encode()).hexdigest() for end in ("", "\n")]
    if taken and not any(digest in line for line in taken for digest in digests):
        return Broken(
            f"the API server has not taken {FILE}", TARGET,
            "Wait a minute; if it stays so, kubectl logs -n kube-system of the API server says why",
        )  # fmt: skip
    return f"{url} is trusted"
