"""What a host's settings say of themselves in a report."""

from ansible.module_utils.converge import Check, Plan, Step
from ansible.module_utils.host_kernel.part import Parts
from ansible.module_utils.verify.findings import Findings
from ansible.module_utils.verify.local import settings_checks
from ansible.module_utils.verify.report.assemble import assemble
from ansible.module_utils.verify.report.terminal import render


class Part:
    """One that answers as it is told."""

    def __init__(self, name, ok, steps=(), reasons=()):
        self.name, self.ok, self.steps, self.reasons = name, ok, steps, reasons

    def observe(self):
        return {}

    def plan(self, seen, plan: Plan):
        plan.steps += self.steps
        plan.reboot_reasons += self.reasons

    def verify(self, seen):
        return [Check(f"{self.name} holds", self.ok, "on", "on" if self.ok else None)]


class Settings(Parts):
    def __init__(self, system, *parts):
        self.system, self.parts = system, parts


class System:
    def read(self, path):
        return {"/sys/class/dmi/id/sys_vendor": "QEMU"}.get(path)


STEP = Step("x", "", lambda: None, lambda: None)


def asked(*parts):
    findings = Findings("host-1")
    settings_checks({"kernel": Settings(System(), *parts)}, findings)
    return findings


def test_each_check_is_taken_with_the_machines_source():
    findings = asked(Part("sysctl", True), Part("modules", False))
    assert [(c.name, c.ok, c.source) for c in findings.checks] == [
        ("sysctl holds", True, "emulation"), ("modules holds", False, "emulation"),
    ]  # fmt: skip
    assert findings.skipped == []


def test_what_only_waits_for_a_reboot_is_no_failure_and_is_shown():
    findings = asked(Part("line", False, reasons=["iommu=pt is not in effect yet"]))
    assert findings.checks == []
    report = assemble(
        "lab", "2026-11-22T05:26:00Z", ["host-1"], {"host-1": {"findings": findings.as_dict()}},
        False,
    )  # fmt: skip
    assert "host-1  waits for a reboot: iommu=pt is not in effect yet" in render(report)
    assert report["summary"]["failed"] == 0


def test_what_is_not_even_configured_is_a_failure():
    findings = asked(Part("line", False, steps=[STEP], reasons=["iommu=pt"]))
    assert [c.ok for c in findings.checks] == [False]


def test_what_cannot_be_read_is_a_failure():
    class Broken(Part):
        def observe(self):
            raise OSError("no such file")

    findings = asked(Broken("line", True))
    assert [(c.name, c.ok, c.got) for c in findings.checks] == [
        ("kernel: settings", False, "no such file")
    ]
