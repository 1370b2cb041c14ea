"""Tokens from a target to a source: sealed, sent, taken, and what must not be taken.

Real sealed boxes and signatures; the tokens are JWTs that no API server has made.
"""

from __future__ import annotations

import base64
import json
import shutil

import pytest
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.federation.account import username
from ansible.module_utils.federation.documents import read, sign
from ansible.module_utils.federation.sealing import SealingError, SealingKey, seal
from ansible.module_utils.federation.sending import Sending
from ansible.module_utils.federation.signing import Signer
from ansible.module_utils.federation.tokens import claims
from ansible.module_utils.system import System
from fakes.federation import Site, terms

SENT, CAME = "alpha/link.token", "beta/link.token"
ACCOUNT = username("link")
UID = "00000000-0000-0000-0000-000000000001"


def jwt(exp, sub=ACCOUNT, mark="x"):
    def part(data):
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'exp': int(exp), 'sub': sub, 'jti': mark})}.{mark}"


@pytest.fixture
def tokens(sites):
    """A link by token, accepted on both sides; no token was made yet."""
    alpha, beta = sites
    for site in sites:
        site.links["link"] = terms(credential="token")
    for site, other in ((beta, alpha), (alpha, beta), (beta, alpha)):
        site.run()
        site.post(other)
    return alpha, beta


def make(beta, mark="x", life=3600, **more):
    """What the target's play does with a token of its API server; the token."""
    token = jwt(beta.clock.now + life, mark=mark, **more)
    sending = Sending(beta.exchange(), {"link": {"token": token, "account": UID}})
    beta.result = converge(sending)
    return token


def state(site):
    return site.run()["link"]


def opened(alpha, cluster="c"):
    exchange = alpha.exchange()
    return exchange.receiving.tokens(exchange.observe(), cluster)


def box(alpha, link="link", serial=2**40, **content):
    """A box that anybody can make: the key for it is no secret."""
    said = {"link": link, "source": "alpha", "target": "beta", "serial": serial, **content}
    return seal(said, SealingKey(System(), f"{alpha.key}.seal").public())


def forged(site, path, signer, **changes):
    document = read(path.read_text()).document.model_copy(update=changes)
    path.write_text(sign(document, signer))


def test_a_token_goes_from_target_to_source(tokens):
    alpha, beta = tokens
    assert state(beta)["token"]["due"] == "none was sent"
    token = make(beta)
    assert beta.steps() == [f"send:{SENT}"]
    assert state(beta)["token"]["due"] == ""
    beta.post(alpha)
    assert state(alpha)["token"]["account"] == UID
    assert alpha.steps() == [f"take:{CAME}"]
    assert opened(alpha) == {"link": token}
    assert opened(alpha, "other") == {}
    alpha.run()
    assert alpha.steps() == []


def test_nothing_secret_is_in_a_file(tokens):
    alpha, beta = tokens
    token = make(beta)
    beta.post(alpha)
    alpha.run()
    key = alpha.root / "federation.key.seal"
    private = key.read_text().strip()
    assert key.stat().st_mode & 0o777 == 0o600
    for site in tokens:
        for path in site.root.rglob("*"):
            if path.is_file() and path != key:
                assert token not in path.read_text()
                assert private not in path.read_text()


def test_the_key_is_made_when_it_is_needed_and_protected(sites):
    alpha, beta = sites
    beta.run()
    beta.post(alpha)
    alpha.run()
    assert "sealing:make" not in alpha.steps()  # this link trusts an issuer
    for site in sites:
        site.links["link"] = terms(credential="token")
    beta.run()
    beta.post(alpha)
    alpha.run(check=True)
    assert "sealing:make" in alpha.steps()
    assert not (alpha.root / "federation.key.seal").exists()
    alpha.run()
    (alpha.root / "federation.key.seal").chmod(0o644)
    alpha.run()
    assert alpha.steps() == ["sealing:protect"]


def test_a_request_without_a_key_is_refused(tokens):
    alpha, beta = tokens
    path = beta.received("alpha/link.request")
    forged(beta, path, alpha.exchange().signer, serial=2**40, encryption_key=None)
    found = state(beta)
    assert found["state"] == "refused"
    assert "encryption_key: is missing" in found["detail"][0]


def test_a_token_is_made_anew_half_way(tokens, clock):
    alpha, beta = tokens
    make(beta)
    clock.now += 1790
    assert state(beta)["token"]["due"] == ""
    clock.now += 20
    assert state(beta)["token"]["due"] == "less than half of its life is left"
    new = make(beta, "y")
    beta.post(alpha)
    alpha.run()
    assert opened(alpha) == {"link": new}


def test_an_older_token_does_not_come_back(tokens, clock):
    alpha, beta = tokens
    make(beta)
    beta.post(alpha)
    alpha.run()
    old = alpha.received(CAME).read_text()
    clock.now += 5
    new = make(beta, "y")
    beta.post(alpha)
    alpha.run()
    alpha.received(CAME).write_text(old)
    found = state(alpha)
    assert (found["state"], alpha.steps()) == ("accepted", [])
    assert "token of beta: replayed: " in found["detail"][0]
    assert opened(alpha) == {"link": new}


def test_rotations_within_one_second_rise(tokens):
    alpha, beta = tokens
    for mark in "abc":
        token = make(beta, mark)
        beta.post(alpha)
        alpha.run()
        assert opened(alpha) == {"link": token}


def test_an_expired_token_is_not_taken_and_one_that_was_stays_named(tokens, clock):
    alpha, beta = tokens
    make(beta)
    beta.post(alpha)
    clock.now += 3601
    found = state(alpha)
    assert (found["token"], alpha.steps()) == (None, [])
    assert "token of beta: expired: " in found["detail"][0]


STRANGE = [
    ({"link": "other"}, "link"),
    ({"source": "gamma"}, "source"),
    ({"target": "gamma"}, "target"),
    ({"expires": "2027-01-16T00:00:00Z"}, "token"),
    ({"encryption_key": "x25519:" + base64.b64encode(bytes(32)).decode()}, "key"),
    ({"sealed": base64.b64encode(bytes(100)).decode()}, "key"),
    ({"serial": 2**40}, "serial"),  # an old box in a new document
]


@pytest.mark.parametrize(("changes", "check"), STRANGE)
def test_a_token_that_is_not_for_this_link_is_refused(tokens, changes, check):
    alpha, beta = tokens
    make(beta)
    beta.post(alpha)
    forged(alpha, alpha.received(CAME), beta.exchange().signer, **changes)
    found = state(alpha)
    assert f"token of beta: {check}: " in found["detail"][0]
    assert found["token"] is None


def test_a_token_of_another_signer_is_refused_and_the_old_one_goes_on(tokens, tmp_path, clock):
    alpha, beta = tokens
    token = make(beta)
    beta.post(alpha)
    alpha.run()
    stranger = Signer(System(), str(tmp_path / "stranger"))
    stranger.make("stranger")
    box_ = box(alpha, token=jwt(clock.now + 3600, mark="evil"))
    forged(alpha, alpha.received(CAME), stranger, serial=2**40, sealed=box_)
    found = state(alpha)
    assert found["state"] == "accepted"
    assert "token of beta: signer: " in found["detail"][0]
    alpha.received(CAME).write_text("no document\n")
    assert "token of beta: form: " in state(alpha)["detail"][0]
    assert opened(alpha) == {"link": token}


def test_a_box_out_of_another_links_document_is_refused(tokens, clock):
    """Else a hostile target would have another target's token sent to its own server."""
    alpha, beta = tokens
    make(beta)
    beta.post(alpha)
    token = jwt(clock.now + 3600)
    stolen = box(alpha, link="other", token=token)
    changes = {"serial": 2**40, "sealed": stolen}
    forged(alpha, alpha.received(CAME), beta.exchange().signer, **changes)
    assert "token of beta: link: " in state(alpha)["detail"][0]


@pytest.mark.parametrize("token", ["no.jwt", "a.b.c", 7, None, jwt(2**31, sub="system:admin")])
def test_what_is_no_token_of_the_links_account_is_refused(tokens, clock, token):
    alpha, beta = tokens
    make(beta)
    beta.post(alpha)
    changes = {"serial": 2**40, "sealed": box(alpha, token=token),
               "expires": "2038-01-19T03:14:08Z"}  # fmt: skip
    forged(alpha, alpha.received(CAME), beta.exchange().signer, **changes)
    assert "token of beta: token: " in state(alpha)["detail"][0]


def test_a_lost_sealing_key_is_made_anew_and_the_token_comes_again(tokens, clock):
    alpha, beta = tokens
    make(beta)
    beta.post(alpha)
    alpha.run()
    (alpha.root / "federation.key.seal").unlink()
    alpha.run()
    assert alpha.steps() == ["sealing:make", "send:beta/link.request"]
    assert opened(alpha) == {}
    alpha.post(beta)
    assert state(beta)["token"]["due"] == "the last one is sealed for another key"
    clock.now += 1
    token = make(beta, "y")
    beta.post(alpha)
    alpha.run()
    assert opened(alpha) == {"link": token}


def test_a_key_that_is_broken_is_named(tokens):
    alpha, _ = tokens
    (alpha.root / "federation.key.seal").write_text("nonsense\n")
    with pytest.raises(SealingError, match="is no key of the kit"):
        alpha.run()


def test_no_token_is_sent_over_a_link_that_is_not_accepted(tokens):
    _alpha, beta = tokens
    beta.received("alpha/link.request").unlink()
    with pytest.raises(ConvergeError, match="waiting for request"):
        make(beta)
    assert not beta.sent(SENT).exists()


def test_the_end_of_a_link_takes_its_token_away(tokens):
    alpha, beta = tokens
    make(beta)
    beta.post(alpha)
    alpha.run()
    old = alpha.received(CAME).read_text()
    link = beta.links.pop("link")
    beta.run()
    assert f"withdraw:{SENT}" in beta.steps()
    beta.post(alpha)
    assert state(alpha)["state"] == "ended"
    assert opened(alpha) == {}
    # what was taken is remembered
    beta.links["link"] = link
    assert alpha.received(CAME).read_text() == old


def test_a_link_that_needs_no_token_any_more_sends_none(tokens):
    _alpha, beta = tokens
    make(beta)
    beta.links["link"] = terms()
    beta.run()
    assert f"withdraw:{SENT}" in beta.steps()


def test_both_kinds_say_how_they_go_on(tokens, linked_by_issuer):
    _alpha, beta = tokens
    assert state(beta)["renewal"] == "no token yet: none was sent"
    make(beta)
    assert state(beta)["renewal"] == "token until 2027-01-15T09:00:00Z"
    assert state(linked_by_issuer)["renewal"] == "kubelet renews its token every 2880 s"


@pytest.fixture
def linked_by_issuer(tmp_path, clock):
    folder = tmp_path / "jwt"
    folder.mkdir()
    alpha, beta = Site(folder, "alpha", clock), Site(folder, "beta", clock)
    for site in (alpha, beta):
        site.exchange().signer.make(site.name)
    alpha.peers["beta"], beta.peers["alpha"] = beta.fingerprint(), alpha.fingerprint()
    beta.run()
    beta.post(alpha)
    alpha.run()
    alpha.post(beta)
    return beta


def test_only_jwts_have_claims():
    assert claims(jwt(5))["exp"] == 5
    for text in ("", "a.b", "a.!!.c", "a.W10.c", "a.e30.c"):
        with pytest.raises(ValueError, match="JWT"):
            claims(text)


def test_a_lost_folder_does_not_stop_the_target(tokens, clock):
    alpha, beta = tokens
    make(beta)
    beta.post(alpha)
    alpha.run()
    beta.sent(SENT).unlink()
    clock.now += 60
    assert state(beta)["token"]["due"] == "none was sent"
    token = make(beta, "y")
    beta.post(alpha)
    alpha.run()
    assert opened(alpha) == {"link": token}
    shutil.rmtree(alpha.folder / "taken")
    assert opened(alpha) == {}
    alpha.run()
    assert opened(alpha) == {"link": token}
