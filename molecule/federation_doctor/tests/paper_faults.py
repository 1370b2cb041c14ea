"""Faults of documents: missing, changed, ended ones, with real keys and signatures."""

from __future__ import annotations

import time

from ansible.module_utils.federation.documents import End, at, read, sign
from ansible.module_utils.federation.signing import Signer
from ansible.module_utils.system import System

from .pair import LINK, Pair, fault, source


def received(pair: Pair, kind: str):
    return pair.alpha.folder / "received" / "beta" / f"{LINK[1]}.{kind}"


def replaced(name: str, change, *questions):
    """A fault that is another text in place of the offer; None: no file."""

    @fault(name, *questions)
    def work(pair: Pair):
        path = received(pair, "offer")
        saved = path.read_text()
        text = change(pair, saved)
        path.unlink() if text is None else path.write_text(text)
        yield
        path.write_text(saved)


def signed(pair: Pair, document, site: str = "beta") -> str:
    folder = pair.site(site).folder
    return sign(document, Signer(System(), str(folder / f"{site}.key")))


def expired(pair: Pair, saved: str) -> str:
    offer, now = read(saved).document, time.time()
    past = {"issued": at(now - 9000), "expires": at(now - 60), "serial": offer.serial + 1}
    return signed(pair, offer.model_copy(update=past))


replaced("offer did not come", lambda pair, saved: None, source("documents", "target"))
replaced("offer changed on the way", lambda pair, saved: saved.replace("pods: 8", "pods: 9"),
         source("documents", "target"))  # fmt: skip
replaced("offer signed by another key",
         lambda pair, saved: signed(pair, read(saved).document, "alpha"),
         source("documents", "both"))  # fmt: skip
replaced("offer expired", expired, source("documents", "target"))


@fault("link ended by the target", source("documents", "target"))
def ended(pair: Pair):
    offer, now = read(received(pair, "offer").read_text()).document, time.time()
    note = End(
        link=offer.link, source=offer.source, target=offer.target, serial=offer.serial + 1,
        issued=at(now - 10), expires=at(now + 9000), by="beta",
    )  # fmt: skip
    path = received(pair, "end")
    path.write_text(signed(pair, note))
    yield
    path.unlink()
