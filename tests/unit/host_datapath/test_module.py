"""The module's answer, and the role's handlers: what a reboot is needed for is said, and when."""

from pathlib import Path
from types import SimpleNamespace

import host_datapath
import yaml
from ansible.module_utils.host_datapath.host import Host
from ansible.module_utils.host_datapath.spec import Spec
from fakes.hosts import bare, spec_dict

HANDLERS = Path(__file__).resolve().parents[3] / "roles" / "host_datapath" / "handlers"


def answer(reboot=False, reasons=(), left=()):
    module = SimpleNamespace(params={"reboot": reboot, "health": False})
    result = {
        "changed": False, "diff": [], "warnings": ["w"],
        "reboot_reasons": list(reasons), "left": list(left),
    }  # fmt: skip
    return host_datapath.with_reboot(module, None, result)


def test_a_needed_reboot_is_a_warning():
    result = answer(reasons=["firmware takes X"])
    assert "needs a reboot (run with host_reboot=true): firmware takes X" in result["warnings"]
    assert result["reboot_required"] and not result["changed"]


def test_with_leave_to_reboot_it_is_a_change():
    result = answer(reboot=True, reasons=["firmware takes X"])
    assert result["warnings"] == ["w"]
    assert result["changed"] and result["diff"][0]["after"] == "reboot: firmware takes X\n"


def test_what_is_left_is_a_warning():
    assert answer(left=["bond1 is used by vlan7"])["warnings"][1] == (
        "left as it is: bond1 is used by vlan7"
    )


def test_nothing_to_say():
    result = answer(reboot=True)
    assert (result["changed"], result["diff"], result["warnings"]) == (False, [], ["w"])
    assert not result["reboot_required"]


def test_while_firmware_waits_boot_keeps_what_it_brings_back_on_fake_tree():
    host = bare("mlx5_core")
    host.firmware = {"SRIOV_EN": ["0", "0"]}
    subject = Host(host, Spec.from_dict(spec_dict("mlx5_core", firmware={"SRIOV_EN": "1"})))
    plan = subject.plan(subject.observe())
    assert [step.name for step in plan.steps] == ["firmware:data"]
    host.firmware = {"SRIOV_EN": ["1", "1"]}
    assert subject.plan(subject.observe()).steps[0].name == "boot:desired"


def test_no_change_waits_for_its_confirmation_during_a_reboot():
    names = [handler["name"] for handler in yaml.safe_load((HANDLERS / "main.yml").read_text())]
    assert names == ["Confirm the datapath", "Reboot the host for its firmware"]
    tasks = yaml.safe_load((HANDLERS / "reboot.yml").read_text())
    done = [key for task in tasks for key in task if key in ("host_reboot", "host_datapath")]
    assert done == ["host_reboot", "host_datapath"]
    assert tasks[-1]["ansible.builtin.include_tasks"] == "confirm.yml"
