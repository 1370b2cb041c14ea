"""JUnit XML: a suite for each host, a case for each check. What CI systems show."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from .assemble import Report, text
from .order import stage_name

#: Control characters that XML 1.0 cannot hold.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def render(report: Report) -> str:
    """The report as JUnit XML."""
    summary = report["summary"]
    suites = ElementTree.Element(
        "testsuites", name=f"verify {report['site']}", tests=str(summary["checks"]),
        failures=str(summary["failed"]), skipped=str(summary["skipped"]),
    )  # fmt: skip
    for host in report["hosts"]:
        failed = sum(not check["ok"] for check in host["checks"])
        suite = ElementTree.SubElement(
            suites, "testsuite", name=host["host"],
            tests=str(len(host["checks"]) + len(host["skipped"])), failures=str(failed),
            errors="0", skipped=str(len(host["skipped"])), time=str(host["seconds"]),
            timestamp=report["time"].rstrip("Z"),
        )  # fmt: skip
        for check in host["checks"]:
            case = ElementTree.SubElement(
                suite, "testcase", classname=host["host"], name=_clean(check["name"])
            )
            said = f"expected {text(check['expected'])}; got {text(check['got'])}"
            if not check["ok"]:
                problem = ElementTree.SubElement(case, "failure", message=_clean(said))
                problem.text = _clean(
                    f"step: {stage_name(check['step'])}\nlook at: {check['look']}"
                )
            ElementTree.SubElement(case, "system-out").text = _clean(
                f"{said} ({check['source'] or 'not measured'})"
            )
        for skipped in host["skipped"]:
            case = ElementTree.SubElement(
                suite, "testcase", classname=host["host"], name=_clean(skipped["name"])
            )
            ElementTree.SubElement(case, "skipped", message=_clean(skipped["reason"]))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _clean(value: str) -> str:
    return FORBIDDEN.sub("�", value)
