"""The postman between the lab's two sites: carries documents, and tells fingerprints.

The two administrators do this by mail and by telephone; nothing else passes between the sites.
"""

import json
import shutil

from lab.command import capture
from lab.paths import Paths


def carry(paths: Paths) -> bool:
    """Deliver what the sites have written for each other; whether anything was new."""
    root = paths.home / "federation"
    fresh = False
    for sent in sorted(root.glob("*/sent/*/*")):
        site, peer = sent.parents[2].name, sent.parent.name
        received = root / peer / "received" / site / sent.name
        if received.exists() and received.read_bytes() == sent.read_bytes():
            continue
        received.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sent, received)
        fresh = True
    return tell(paths) or fresh


def tell(paths: Paths) -> bool:
    """Write down each site's fingerprint, as the other's administrator would in the model."""
    root = paths.home / "federation"
    found = {}
    for key in sorted(root.glob("*/*.key.pub")):
        found[key.parent.name] = capture(["ssh-keygen", "-l", "-f", key]).split()[1]
    path = root / "fingerprints.json"
    text = json.dumps(found, indent=1) + "\n"
    if not found or (path.exists() and path.read_text() == text):
        return False
    path.write_text(text)
    return True
