"""scripts/doctor: what people read; Ansible's answer is made up."""

from __future__ import annotations

import importlib.machinery
import importlib.util

import pytest

from common import CHECKOUT, Stop

path = str(CHECKOUT / "scripts" / "doctor")
loader = importlib.machinery.SourceFileLoader("doctor_front", path)
doctor = importlib.util.module_from_spec(importlib.util.spec_from_loader("doctor_front", loader))
loader.exec_module(doctor)

GOOD = {"question": "link a", "site": "alpha", "ok": True, "good": [["port", "is open"]],
        "notes": []}  # fmt: skip
BAD = {**GOOD, "ok": False, "step": "tls", "seen": "x", "side": "target", "who": "beta", "do": "y"}


def answer(**result):
    return {"plays": [{"tasks": [{"hosts": {"h": result}}]}]}


@pytest.fixture
def told(monkeypatch, capsys):
    def run(result, *argv):
        monkeypatch.setattr(doctor, "enter_venv", lambda: None)
        monkeypatch.setattr(doctor, "ask", lambda options, rest: result)
        return doctor.main(["-i", "x", *argv]), capsys.readouterr().out

    return run


def test_the_verdict_is_text_and_a_status(told):
    status, text = told(answer(verdicts=[BAD]))
    assert status == 1
    assert "broken at  tls" in text and "target (beta)" in text and "is open" not in text
    status, text = told(answer(verdicts=[GOOD]), "-v")
    assert status == 0 and "is open" in text


def test_what_could_not_be_asked_is_said(told):
    with pytest.raises(Stop, match="h: no link b"):
        told(answer(failed=True, msg="no link b"))
    with pytest.raises(Stop, match="no control plane"):
        told({"plays": []})


def test_an_inventory_that_is_not_there_is_named(tmp_path):
    options, rest = doctor.arguments(["-i", str(tmp_path / "none")])
    with pytest.raises(Stop, match="there is no inventory"):
        doctor.ask(options, rest)


def test_the_only_site_of_ones_own_is_asked(tmp_path, monkeypatch):
    monkeypatch.delenv("ANSIBLE_INVENTORY", raising=False)
    monkeypatch.setattr(doctor, "CHECKOUT", tmp_path)
    for name in ("lab", "lab-alpha", "example-rack", "labrador"):
        (tmp_path / "inventories" / name).mkdir(parents=True)
    assert doctor.inventory().endswith("/labrador")
    (tmp_path / "inventories" / "other").mkdir()
    with pytest.raises(Stop, match="which site"):
        doctor.inventory()


def test_half_a_question_is_refused():
    with pytest.raises(Stop, match="say what"):
        doctor.arguments(["link"])
    options, rest = doctor.arguments(["pod", "a/b", "-e", "x=y"])
    assert options.name == "a/b" and rest == ["-e", "x=y"]
