"""The state of a link's documents as a step: whose side a missing or refused one is."""

from __future__ import annotations

from .findings import BOTH, SOURCE, TARGET, Broken
from .spec import LinkFacts

#: Checks of a document that say that the two models differ.
_MODELS = ("link", "source", "target", "namespaces", "credential", "signer")


def documents(link: LinkFacts, site: str) -> str | Broken:
    """*site*: this one."""
    state, detail = link.state, "; ".join(link.detail)
    own, far = (TARGET, SOURCE) if site == link.target else (SOURCE, TARGET)
    peer = link.source if own == TARGET else link.target
    if state == "accepted":
        return f"agreed until {link.expires}" if link.expires else "agreed"
    seen = f"{state}: {detail}" if detail else state
    if state == "waiting for cluster":
        return Broken(seen, own, "Run playbooks/clusters.yml, then playbooks/federation.yml")
    if state == "waiting for fingerprint":
        return Broken(seen, own, f"Ask {peer} by telephone, and run playbooks/federation.yml")
    if state.startswith("waiting for "):
        what = state.removeprefix("waiting for ")
        return Broken(
            seen, far,
            f"{peer} has to run playbooks/federation.yml and send its {what}; it belongs in "
            f"received/{peer}/ here",
        )  # fmt: skip
    if state == "ended":
        return Broken(seen, far, f"Ask {peer}; if it is meant, take the link out of the model")
    if state == "expired":
        return Broken(seen, far, f"{peer} has to run playbooks/federation.yml and send it again")
    check = detail.split(": ")[1] if detail.count(": ") >= 2 else ""
    if check in _MODELS:
        return Broken(seen, BOTH, f"Agree with {peer} on what is named, in both models")
    return Broken(seen, far, f"Do not use it; ask {peer} to run playbooks/federation.yml again")
