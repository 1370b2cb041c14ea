"""The webhook's certificate: real openssl, a stand-in API server."""

import base64
import subprocess

from ansible.module_utils.federation import certificate
from ansible.module_utils.system import System
from fakes.api_server import StandInApi

NAMES = ["admiralty.admiralty.svc"]


def made(api, names=NAMES):
    return certificate.secret(System(), api, "admiralty", "admiralty-cert", names)


def stored(secret):
    api = StandInApi()
    api.store["/api/v1/namespaces/admiralty/secrets/admiralty-cert"] = secret
    return api


def asked(secret, *arguments):
    pem = base64.b64decode(secret["data"]["tls.crt"])
    return subprocess.run(
        ["openssl", "x509", "-noout", *arguments], input=pem, capture_output=True, check=True
    ).stdout.decode()


def test_a_new_one_is_for_the_service_and_for_serving_only():
    secret = made(StandInApi())
    shown = asked(secret, "-text")
    assert f"DNS:{NAMES[0]}" in shown and "TLS Web Server Authentication" in shown
    assert "TLS Web Client Authentication" not in shown
    assert secret["type"] == "kubernetes.io/tls"


def test_one_that_serves_stays():
    secret = made(StandInApi())
    assert made(stored(secret)) == secret


def test_another_name_or_an_early_end_or_rubbish_is_replaced(monkeypatch):
    secret = made(StandInApi())
    assert made(stored(secret), ["other.svc"]) != secret
    monkeypatch.setattr(certificate, "LEFT", 400 * 86400)
    assert made(stored(secret)) != secret
    secret["data"]["tls.crt"] = "bm90aGluZw=="
    assert asked(made(stored(secret)), "-subject")


def test_before_the_first_run_one_is_planned_without_a_cluster():
    assert made(None)["data"]["tls.key"]
