"""The postman between the lab's two sites: carries documents, and tells fingerprints.

The two administrators do this by mail and by telephone; nothing else passes between the sites.
"""

import json
import shutil

from lab.command import capture
from lab.paths import Paths


def carry(paths: Paths) -> set[str]:
    """Deliver what the sites have written for each other; the sites that have got something."""
    root = paths.home / "federation"
    fresh = set()
    for sent in sorted(root.glob("*/sent/*/*")):
        site, peer = sent.parents[2].name, sent.parent.name
        received = root / peer / "received" / site / sent.name
        if received.exists() and received.read_bytes() == sent.read_bytes():
            continue
        received.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sent, received)
        fresh.add(peer)
    return fresh | tell(paths)


def tell(paths: Paths) -> set[str]:
    """Write down each site's fingerprint, as the others' administrators would in their models."""
    root = paths.home / "federation"
    found = {}
    for key in sorted(root.glob("*/*.key.pub")):
        found[key.parent.name] = capture(["ssh-keygen", "-l", "-f", key]).split()[1]
    path = root / "fingerprints.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    new = {site for site in found if known.get(site) != found[site]}
    if not new:
        return set()
    path.write_text(json.dumps(found, indent=1) + "\n")
    return {site for site in found if new - {site}}
