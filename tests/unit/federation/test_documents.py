"""The parser takes what the kit writes, and nothing else; real signatures."""

from __future__ import annotations

import pytest
from ansible.module_utils.federation.documents import (
    Budget,
    DocumentError,
    End,
    Offer,
    read,
    render,
    sign,
)
from ansible.module_utils.federation.signing import Signer, SigningError, fingerprint, verify
from ansible.module_utils.system import System
from fakes.federation import PEM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OFFER = Offer(
    link="link", source="alpha", target="beta", serial=7,
    issued="2026-01-01T00:00:00Z", expires="2026-02-01T00:00:00Z",
    api="https://192.0.2.1:6443", certificate_authority=PEM, audience="slipway:beta:c",
    namespaces=["shared"], budget=Budget(pods=3, cpu="1", memory="2Gi"), priority=0,
    pod_security="restricted", credential="jwt", token_lifetime=3600,
)  # fmt: skip


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    made = Signer(System(), str(tmp_path_factory.mktemp("key") / "key"))
    made.make("alpha")
    return made


@pytest.fixture(scope="module")
def text(signer):
    return sign(OFFER, signer)


def holds(text):
    signed = read(text)
    return verify(System(), signed.body, signed.public_key, signed.signature)


def test_what_is_written_is_read_again(text, signer):
    signed = read(text)
    assert signed.document == OFFER
    assert signed.fingerprint == fingerprint(signer.public())
    assert holds(text)


def test_a_key_is_private_from_the_start(signer, tmp_path):
    assert not signer.exposed()
    with pytest.raises(RuntimeError):  # never over one that is there
        signer.make("again")


def test_fingerprints_are_those_of_ssh_keygen(signer):
    shown = System().run("ssh-keygen", "-l", "-f", f"{signer.path}.pub").stdout
    assert fingerprint(signer.public()) in shown


def test_a_signature_for_something_else_does_not_hold(signer, tmp_path):
    path = tmp_path / "body"
    path.write_text(render(OFFER))
    System().run("ssh-keygen", "-Y", "sign", "-n", "file", "-f", signer.path, str(path))
    signature = (tmp_path / "body.sig").read_text()
    assert not holds(f"{render(OFFER)}{signer.public()}\n{signature}")


def test_a_signature_of_another_text_does_not_hold(text):
    assert not holds(text.replace("pods: 3", "pods: 9"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pods: 3", "pods: 3\n  pods: 9"),
        ("pods: 3", "pods: '3'"),
        ("pods: 3", "pods: 0x3"),
        ("pods: 3", "pods: &a 3"),
        ("budget:", "budget: &a"),
        ("- shared", "- !!python/object/apply:os.system [id]"),
        ("- shared", "- !!str shared"),
        ("- shared", "- shared  # and more"),
        ("- shared", '- "shared"'),
        ("- shared", "- {a: [[[[[[1]]]]]]}"),
        ("- shared", "- shared\nunknown: 1"),
        ("kind: offer", "kind: gift"),
        ("kind: offer", "kind: [offer]"),
        ("kind: offer", "kind: request"),
        ("serial: 7", "serial: 7.0"),
        ("serial: 7", "serial: true"),
        ("serial: 7", "serial: -7"),
        ("https://192", "http://192"),
        ("'2026-01-01T00:00:00Z'", "'2026-13-01T00:00:00Z'"),
        ("ssh-ed25519 ", "ssh-rsa "),
        ("ssh-ed25519 AAAA", "ssh-ed25519 BBBB"),
        ("kind: offer", "--- {}\n--- {}\nkind: offer"),
    ],
)
def test_other_ways_to_write_it_are_refused(text, old, new):
    assert old in text
    with pytest.raises(DocumentError, match=r"^form: "):
        read(text.replace(old, new, 1))


def test_size_is_bound(text):
    with pytest.raises(DocumentError, match=r"^size: "):
        read("#" * 70000 + text)


@settings(max_examples=150)
@given(st.text())
def test_no_text_gives_a_traceback(some):
    with pytest.raises(DocumentError):
        read(some)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_document_is_refused_or_not_signed(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 40))
    new = text[:start] + data.draw(st.text(max_size=40)) + text[start + length :]
    try:
        signed = read(new)
    except DocumentError:
        return
    # white space at the very end, and bytes of the signature that mean the same, are left
    assert signed.body == read(text).body or not holds(new)


names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@settings(max_examples=60)
@given(names, names, names, st.integers(1, 2**53))
def test_any_document_is_read_as_it_was_written(link, source, target, serial):
    # names such as "no", "1e3" or "null" are text
    end = End(link=link, source=source, target=target, serial=serial, by=source,
              issued="2026-01-01T00:00:00Z", expires="2026-02-01T00:00:00Z")  # fmt: skip
    frame = (
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEhDERPJtZyfXdeVqRjPb5YSzJFf7xLax2FHRcSWotfh\n"
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"
    )
    assert read(render(end) + frame).document == end


def test_a_missing_public_key_is_said(tmp_path):
    with pytest.raises(SigningError, match="is missing"):
        sign(OFFER, Signer(System(), str(tmp_path / "key")))
