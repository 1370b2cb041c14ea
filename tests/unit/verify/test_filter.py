"""The filter between the inventory's groups and the pairing."""

import importlib.util
from pathlib import Path

PATH = Path(__file__).resolve().parents[3] / "plugins" / "filter" / "verify.py"
spec = importlib.util.spec_from_file_location("verify_filter", PATH)
verify = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verify)

GROUPS = {"all": ["a", "b", "s"], "compute": ["a", "b"], "simulated": ["s"]}
HOST_GROUPS = {"compute": {"nic_profiles": ["data"]}, "simulated": {"nic_profiles": ["fake"]}}
PROFILES = {"data": {"driver": "igb", "evidence": "emulation"}, "fake": {"driver": "netdevsim"}}


def sessions(host):
    return verify.FilterModule().filters()["verify_sessions"](
        ["a", "b", "s"], host, GROUPS, HOST_GROUPS, PROFILES
    )


def test_hosts_of_a_group_meet():
    assert sessions("a") == [{"peer": "b", "role": "client", "round": 0}]


def test_a_stand_in_carries_no_traffic():
    assert sessions("s") == []
    assert all(session["peer"] != "s" for session in sessions("b"))
