"""Two administrators, from nothing to an accepted link, and what must not be taken."""

from __future__ import annotations

import shutil

import pytest
from ansible.module_utils.converge import Cut
from ansible.module_utils.federation.documents import read, sign
from ansible.module_utils.federation.signing import Signer
from ansible.module_utils.federation.terms import SpecError
from ansible.module_utils.system import System
from fakes.federation import DAY, Site, terms

OFFER, REQUEST = "beta/link.offer", "alpha/link.request"


def state(site):
    link = site.run()["link"]
    return link["state"], "; ".join(link["detail"])


def forged(site, path, tmp_path, signer=None, **changes):
    """The document at *path* with *changes*, signed by *signer* (a stranger's key)."""
    if signer is None:
        signer = Signer(System(), str(tmp_path / "stranger"))
        signer.make("stranger")
    document = read(path.read_text()).document.model_copy(update=changes)
    path.write_text(sign(document, signer))


def test_the_handshake(sites):
    alpha, beta = sites
    assert state(alpha) == ("waiting for offer", "")
    assert alpha.steps() == []
    assert state(beta) == ("waiting for request", "")
    assert beta.steps() == ["send:alpha/link.offer", "remember:serials"]
    beta.post(alpha)
    assert state(alpha) == ("accepted", "")
    alpha.post(beta)
    assert state(beta) == ("accepted", "")


def test_a_second_run_changes_nothing(linked):
    for site in linked:
        site.run()
        assert site.steps() == []


def test_check_mode_writes_nothing(tmp_path, clock):
    site = Site(tmp_path, "beta", clock)
    site.run(check=True)
    assert site.steps() == ["key:make", "send:alpha/link.offer", "remember:serials"]
    assert not site.key.exists()
    assert not site.folder.exists()
    site.run()
    assert site.steps() == ["key:make", "send:alpha/link.offer", "remember:serials"]
    assert site.key.stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_may_read_is_protected(sites):
    alpha, _ = sites
    alpha.key.chmod(0o644)
    alpha.run()
    assert alpha.steps() == ["key:protect"]
    assert alpha.key.stat().st_mode & 0o777 == 0o600


def test_nothing_secret_is_sent(linked):
    _alpha, _beta = linked
    for site in linked:
        private = site.key.read_text().splitlines()[1]
        for path in site.folder.rglob("*.*"):
            assert private not in path.read_text()


def test_the_peers_key_is_shown_and_not_believed(sites):
    alpha, beta = sites
    fingerprint, alpha.peers = alpha.peers["beta"], {}
    beta.run()
    beta.post(alpha)
    named, detail = state(alpha)
    assert named == "waiting for fingerprint"
    assert fingerprint in detail
    assert alpha.steps() == []


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"target": "gamma"}, "target"),
        ({"source": "gamma"}, "source"),
        ({"link": "other"}, "link"),
        ({"audience": "slipway:gamma:c"}, "audience"),
        ({"namespaces": ["shared", "kube-system"]}, "namespaces"),
        ({"credential": "token"}, "credential"),
        ({"issued": "2030-01-01T00:00:00Z"}, "clock"),
    ],
)
def test_an_offer_that_the_model_does_not_know_is_refused(linked, tmp_path, changes, check):
    alpha, beta = linked
    forged(alpha, alpha.received(OFFER), tmp_path, beta.exchange().signer, serial=2**40, **changes)
    named, detail = state(alpha)
    assert named == "refused"
    assert f"offer of beta: {check}: " in detail


def test_a_forged_offer_is_refused(linked, tmp_path):
    alpha, _ = linked
    forged(alpha, alpha.received(OFFER), tmp_path)
    assert state(alpha)[0] == "refused"
    assert "signer: signed by SHA256:" in state(alpha)[1]


def test_a_changed_offer_is_refused(linked):
    alpha, _ = linked
    path = alpha.received(OFFER)
    path.write_text(path.read_text().replace("pods: 8", "pods: 9"))
    assert state(alpha) == (
        "refused", "offer of beta: signature: does not fit the text: beta has to send it again",
    )  # fmt: skip


def test_an_expired_offer_is_refused(linked, clock):
    alpha, _ = linked
    clock.now += 91 * DAY
    assert state(alpha)[0] == "expired"


def test_an_older_offer_is_refused(linked, clock):
    alpha, beta = linked
    old = alpha.received(OFFER).read_text()
    beta.links["link"] = terms(budget={"pods": 2})
    beta.run()
    beta.post(alpha)
    assert state(alpha) == (
        "accepted",
        "budget.cpu: beta lends no limit, the model says 4; "
        "budget.pods: beta lends 2, the model says 8",
    )
    alpha.received(OFFER).write_text(old)
    assert state(alpha)[0] == "refused"
    assert "replayed" in state(alpha)[1]


def test_a_request_of_another_account_is_refused(linked, tmp_path):
    alpha, beta = linked
    subject = "system:serviceaccount:default:default"
    changes = {"serial": 2**40, "subject": subject, "username": f"alpha:{subject}"}
    forged(beta, beta.received(REQUEST), tmp_path, alpha.exchange().signer, **changes)
    assert "request of alpha: subject: " in state(beta)[1]
    changes = {"serial": 2**40, "username": "kubernetes-admin"}
    shutil.copy(alpha.sent("beta/link.request"), beta.received(REQUEST))
    forged(beta, beta.received(REQUEST), tmp_path, alpha.exchange().signer, **changes)
    assert "request of alpha: username: " in state(beta)[1]


def test_a_request_must_answer_one_of_the_last_offers(linked, clock):
    _alpha, beta = linked
    for pods in (2, 3):
        clock.now += 60
        beta.links["link"] = terms(budget={"pods": pods})
        beta.run()
    assert state(beta)[0] == "refused"
    assert "answer: " in state(beta)[1]


def test_a_link_goes_on_while_the_newest_offer_waits_for_its_answer(linked):
    alpha, beta = linked
    beta.links["link"] = terms(budget={"pods": 2})
    assert state(beta) == ("accepted", "alpha has not answered the newest offer yet")
    beta.post(alpha)
    alpha.run()
    assert alpha.steps() == ["send:beta/link.request", "remember:serials"]
    alpha.post(beta)
    assert state(beta) == ("accepted", "")


def test_documents_are_renewed_before_they_end(linked, clock):
    alpha, beta = linked
    for _ in range(8):
        clock.now += 20 * DAY
        beta.run()
        beta.post(alpha)
        assert state(alpha)[0] == "accepted"
        alpha.post(beta)
        assert state(beta)[0] == "accepted"


@pytest.mark.parametrize("first", [0, 1])
def test_either_side_ends_the_link_alone(linked, first):
    one, other = linked[first], linked[1 - first]
    kind = "request" if one.name == "alpha" else "offer"
    del one.links["link"]
    one.run()
    forgets = ["remember:serials"] if kind == "offer" else []
    assert one.steps() == [
        f"send:{other.name}/link.end", f"withdraw:{other.name}/link.{kind}", *forgets,
    ]  # fmt: skip
    one.run()
    assert one.steps() == []
    one.post(other)
    assert state(other) == ("ended", f"{one.name} ended it")
    other.run()
    assert other.steps() == []


def test_a_link_that_ended_can_begin_again(linked, clock):
    alpha, beta = linked
    link = beta.links.pop("link")
    beta.run()
    beta.post(alpha)
    assert state(alpha)[0] == "ended"
    clock.now += 60
    beta.links["link"] = link
    assert state(beta)[0] == "refused"  # alpha's old request answers an old offer
    assert not beta.sent("alpha/link.end").exists()
    beta.post(alpha)
    assert state(alpha)[0] == "accepted"
    alpha.post(beta)
    assert state(beta)[0] == "accepted"


def test_the_old_offer_does_not_come_back_after_the_end(linked):
    alpha, beta = linked
    old = beta.sent("alpha/link.offer").read_text()
    del beta.links["link"]
    beta.run()
    beta.post(alpha)
    assert state(alpha)[0] == "ended"
    alpha.received("beta/link.end").unlink()
    alpha.received(OFFER).write_text(old)
    assert state(alpha)[0] == "refused"


def test_a_site_that_lost_its_folder_goes_on(linked, clock):
    alpha, beta = linked
    shutil.rmtree(beta.folder)
    clock.now += 60
    assert state(beta)[0] == "waiting for request"
    beta.post(alpha)
    assert state(alpha)[0] == "accepted"
    alpha.post(beta)
    assert state(beta)[0] == "accepted"


@pytest.mark.parametrize("text", ["{", "[]", '{"seen": 3}', '{"seen": {"beta/link": 7}}'])
def test_serials_that_cannot_be_read_are_not_forgotten(linked, text):
    alpha, _beta = linked
    (alpha.folder / "state.json").write_text(text)
    with pytest.raises(ValueError, match="bring it back from a copy"):
        alpha.run()


def test_a_cut_anywhere_is_finished_by_running_again(sites, clock):
    _, beta = sites
    beta.run(check=True)
    points = [f"{when} {name}" for name in beta.steps() for when in ("before", "after")]

    for point in points:

        def cut(at, point=point):
            if at == point:
                raise Cut

        with pytest.raises(Cut):
            beta.run(between=cut)
        beta.run()
        assert state(beta) == ("waiting for request", "")
        assert beta.steps() == []
        shutil.rmtree(beta.folder)
        clock.now += 60


def test_what_is_of_no_link_is_left_and_named(linked):
    alpha, _ = linked
    alpha.received("beta/other.offer").write_text("hello\n")
    alpha.run()
    assert alpha.result.left == ["received/beta/other.offer: is of no link of the model"]


def test_a_cluster_that_is_not_there_yet_is_waited_for(sites):
    _alpha, beta = sites
    beta.facts["ca"] = ""
    assert state(beta)[0] == "waiting for cluster"
    assert beta.steps() == []


def test_bursting_needs_no_documents(sites):
    alpha, _ = sites
    alpha.links = {"burst": terms(target="alpha")}
    link = alpha.run()["burst"]
    assert (link["state"], link["role"]) == ("accepted", "both")
    assert alpha.steps() == []


def test_wrong_arguments_are_named(sites):
    alpha, _ = sites
    alpha.links["link"] = terms(source="x", target="y")
    with pytest.raises(SpecError, match=r"^links.link: alpha is no end of it"):
        alpha.run()
