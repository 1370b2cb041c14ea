"""The action plugin: one host that is not healthy holds the others back."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible import constants

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def host_reboot(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location(
        "host_reboot", CHECKOUT / "plugins" / "action" / "host_reboot.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(
        module.Reboot,
        "run",
        lambda self, tmp=None, task_vars=None: {"rebooted": True, "changed": True},
    )
    return module


def reboot(module, host, looks, check=False):
    """One host's task; *looks* are the module's answers, before and after the reboot."""
    action = module.ActionModule.__new__(module.ActionModule)
    action._task = SimpleNamespace(
        check_mode=check, args={"module": "host_kernel", "health_timeout": 0, "reboot_timeout": 5}
    )
    answers = iter(looks)
    action._execute_module = lambda **named: next(answers)
    return action.run(task_vars={"inventory_hostname": host})


def look(boot, failed=(), reasons=()):
    health = {
        "boot": boot, "state": "running", "failed_units": list(failed), "gates": {}, "closed": "",
    }  # fmt: skip
    return {"health": health, "reboot_reasons": list(reasons)}


def test_an_unhealthy_host_holds_the_next_back(host_reboot):
    first = reboot(host_reboot, "host-1", [look("1", reasons=["x"]), look("2")])
    assert not first.get("failed")
    second = reboot(
        host_reboot, "host-2", [look("1", reasons=["x"]), look("2", failed=["ssh.service"])]
    )
    assert second["failed"] and "ssh.service" in second["msg"]
    third = reboot(host_reboot, "host-3", [])
    assert third["failed"] and not third["rebooted"] and "host-2" in third["msg"]


def test_a_host_rebooted_meanwhile_is_left_alone(host_reboot):
    assert reboot(host_reboot, "host-1", [look("2")]) == {"changed": False, "rebooted": False}


def test_check_mode_does_not_reboot(host_reboot):
    assert reboot(host_reboot, "host-1", [], check=True) == {"changed": True, "rebooted": False}
