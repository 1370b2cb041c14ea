"""Faults of the APIs in the middle of a run (the lab's fault proxy, killed services): running

again finishes, nothing is double, nothing is lost.
"""  # fmt: skip

import os
import signal
import subprocess
import threading
import time

import clouds
import pytest
import yaml
from ansible.module_utils.converge import ConvergeError
from clouds import OTHER, OtherSite, begun, lab, network, play

WANTS = {
    "networks": {f"c-net-{n}": network(3100 + n, 100 + n) for n in range(12)},
    "routers": {"c-router": {"networks": ["c-net-0", "c-net-1"]}},
    "groups": {"c-group": {"rules": [{"protocol": "tcp", "ports": "22"}, {"protocol": "icmp"}]}},
    "flavors": {f"c-flavor-{n}": {"vcpus": 1, "ram": 64, "disk": n, "extra_specs": {"a:b": "c"}}
                for n in range(3)},
    "projects": {"c-project": {"quota": {"instances": 2, "ports": 7}}},
}  # fmt: skip
COUNTS = [12, 12, 1, 1, 3, 1]


@pytest.fixture(scope="module")
def cloud():
    return clouds.connect()


@pytest.fixture
def other(cloud):
    """A site that has nothing, before and after."""
    site = OtherSite()
    yield site
    lab("fault", "clear")
    site.gone()
    assert counted(cloud) == [0] * 6


def counted(cloud):
    """How many there are of each, whoever made them."""
    found = [cloud.list("network", f"/{kind}", kind.replace("-", "_"))
             for kind in ("networks", "subnets", "routers", "security-groups")]  # fmt: skip
    found.append(cloud.list("compute", "/flavors/detail", "flavors", {"is_public": "None"}))
    found.append(cloud.list("identity", "/projects", "projects"))
    return [sum(thing["name"].startswith("c-") for thing in things) for things in found]


def finishes(cloud, other):
    """Running again finishes, and there is one of each."""
    other.run(**WANTS)
    assert other.run(**WANTS) == ({}, [])
    assert counted(cloud) == COUNTS


@pytest.mark.parametrize(
    "faults",
    [
        [("*", "503", "--times", "3", "--after", "10"),
         ("*", "503", "--times", "3", "--after", "40")],
        [("*", "500", "--method", "POST", "--times", "3", "--after", "2"),
         ("*", "409", "--method", "POST", "--times", "3", "--after", "8")],
        [("neutron", "lose", "--method", "POST", "--times", "4", "--after", "3"),
         ("nova", "lose", "--method", "POST", "--times", "2"),
         ("keystone", "lose", "--method", "POST", "--path", "projects", "--times", "1")],
        [("*", "drop", "--times", "5", "--after", "12"),
         ("neutron", "429", "--method", "PUT", "--times", "2")],
    ],
    ids=["503", "500 and 409", "answers lost", "dropped and 429"],
)  # fmt: skip
def test_faults_that_pass_by_are_got_over_in_the_same_run(cloud, other, faults):
    for fault in faults:
        lab("fault", *fault)
    other.run(**WANTS)
    lab("fault", "clear")
    assert counted(cloud) == COUNTS
    finishes(cloud, other)


def test_requests_that_time_out_are_not_made_twice(cloud, other):
    lab("fault", "neutron", "delay", "--method", "POST", "--times", "2", "--seconds", "8")
    other.run(timeout=4, **WANTS)
    lab("fault", "clear")
    finishes(cloud, other)


@pytest.mark.parametrize("fault", ["500", "409", "drop", "lose"])
def test_faults_that_stay_end_the_run_with_one_line_and_the_next_finishes(cloud, other, fault):
    lab("fault", "neutron", fault, "--method", "PUT", "--times", "-1", "--after", "9")
    with pytest.raises(ConvergeError) as caught:
        other.run(**WANTS)
    assert "\n" not in str(caught.value) and "network PUT /" in str(caught.value)
    lab("fault", "clear")
    finishes(cloud, other)


def test_services_that_are_killed_in_the_middle(cloud, other):
    killer = threading.Timer(3, lambda: lab("kill", "neutron", "keystone"))
    killer.start()
    try:
        other.run(**WANTS)
    except (ConvergeError, RuntimeError) as error:
        assert "\n" not in str(error)
    killer.join()
    lab("up")
    finishes(cloud, other)


def test_a_controller_that_is_killed_at_places_of_a_run(cloud, other):
    given = {
        "site": OTHER,
        "cloud_projects_projects": WANTS["projects"], "cloud_networks_networks": WANTS["networks"],
        "cloud_networks_routers": WANTS["routers"], "cloud_flavors_flavors": WANTS["flavors"],
        "cloud_networks_security_groups": WANTS["groups"],
    }  # fmt: skip
    for pause in (8, 10, 12, 14):
        process = begun(tags=["projects", "networks", "flavors"], **given)
        time.sleep(pause)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    finishes(cloud, other)


def test_a_token_that_expires_in_the_middle():
    lab("up", "--token-seconds", "4")
    try:
        short = clouds.connect()
        before = short.list("network", "/networks", "networks")
        time.sleep(6)
        assert short.list("network", "/networks", "networks") == before
    finally:
        lab("up", "--token-seconds", "3600")


def test_a_wrong_ca_and_a_wrong_password_are_one_line(tmp_path):
    right = clouds.folder() / "clouds.yaml"
    other = tmp_path / "other.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=other", "-keyout", tmp_path / "key", "-out", other], check=True, capture_output=True,
    )  # fmt: skip
    to = {"cloud": "slipway", "file": str(right)}
    failed = play(tags=["projects"], cloud_connection={**to, "ca": str(other)})
    assert "failed: its certificate is not of " in failed.failures[0]
    config = yaml.safe_load(right.read_text())
    config["clouds"]["slipway"]["auth"]["password"] = "wrong-password"
    wrong = tmp_path / "clouds.yaml"
    wrong.write_text(yaml.safe_dump(config))
    again = play(tags=["projects"], cloud_connection={**to, "file": str(wrong)})
    assert "refused slipway: wrong or expired password" in again.failures[0]
    assert "wrong-password" not in again.text + again.errors
    assert all("\n" not in line for line in failed.failures + again.failures)
