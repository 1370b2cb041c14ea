"""The report in all its formats, from one set of results with everything that can go wrong."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from ansible.module_utils.verify.report import curves, junit, order, page, plot, terminal
from ansible.module_utils.verify.report.assemble import assemble, figure, text, verdict
from ansible.module_utils.verify.report.write import write

EVIL = '<script>alert("1")</script> & \x01 ü'
CHECK = {
    "type": "object",
    "required": ["name", "ok", "expected", "got", "source", "step", "look"],
    "properties": {
        "name": {"type": "string"},
        "ok": {"type": "boolean"},
        "source": {"enum": ["hardware", "emulation", "stand-in", ""]},
        "step": {"type": "string"},
    },
    "additionalProperties": True,
}
SCHEMA = {
    "type": "object",
    "required": ["format", "site", "time", "check_mode", "summary", "hosts"],
    "properties": {
        "format": {"const": 1},
        "time": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "hosts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "host", "state", "checks", "series", "spreads", "skipped", "facts", "seconds",
                ],
                "properties": {
                    "state": {"enum": ["ok", "failed", "unreachable", "error"]},
                    "checks": {"type": "array", "items": CHECK, "minItems": 0},
                },
            },
        },
    },
}  # fmt: skip


def check(name, ok=True, step="vfs", source="emulation", got=7):
    return {
        "name": name, "ok": ok, "expected": 7, "got": got, "source": source, "step": step,
        "look": "cat sriov_numvfs",
    }  # fmt: skip


def series(kind="bandwidth", peer="host-2", points=((64, 0.1), (65536, 0.9)), **more):
    return {
        "kind": kind, "label": "16 queue pairs", "peer": peer, "network": "storage",
        "source": "emulation", "unit": "Gbit/s" if kind == "bandwidth" else "µs",
        "points": [list(point) for point in points], "expectation": [[64, 1.0], [65536, 1.0]],
        "expectation_text": "1 Gbit/s of the model", "holds": False, **more,
    }  # fmt: skip


def findings(checks, **more):
    return {
        "findings": {
            "checks": checks, "series": [], "spreads": [], "skipped": [], "facts": {},
            "seconds": 1.0, **more,
        }
    }  # fmt: skip


SPREAD = {
    "bond": "bond0", "load": "48 TCP flows", "peer": "host-2", "flows": 48,
    "bytes": {"data0": 60, "data1": 40}, "low": 0.2, "high": 0.8, "source": "emulation",
    "expected": "layer3+4: both members, by flow",
}  # fmt: skip


@pytest.fixture
def report():
    results = {
        "host-1": findings(
            [check("data0: VFs"), check("gate: open", step="gate", source="hardware")],
            series=[series(), series("latency", points=((64, 4069.3), (65536, 11514.9)))],
            spreads=[SPREAD],
            skipped=[{"name": "measurements", "reason": EVIL}],
            facts={"offload": {"offloaded_flows": 3, "tc_in_hw": 2, "tc_not_in_hw": 0}},
        ),
        "host-2": findings(
            [check(EVIL, False, "rdma", got=EVIL), check("data1: VFs", False, "vfs", got=6)]
        ),
        "host-3": {"unreachable": True, "msg": "Connection timed out\n"},
        "host-4": {"failed": True, "msg": "Traceback…"},
    }
    hosts = [*results, "host-5"]
    return assemble("lab", "2026-11-22T05:26:00Z", hosts, results, False)


def test_states(report):
    states = {host["host"]: host["state"] for host in report["hosts"]}
    assert states == {
        "host-1": "ok", "host-2": "failed", "host-3": "unreachable", "host-4": "error",
        "host-5": "error",
    }  # fmt: skip
    assert report["summary"]["failed"] == 5
    assert verdict(report) == "5 of 7 checks failed, on host-2, host-3, host-4, host-5"


def test_schema(report):
    jsonschema.validate(json.loads(json.dumps(report)), SCHEMA)


def test_the_earliest_stage_is_named_first(report):
    assert [pair[1]["step"] for pair in order.failures(report)] == [
        "management", "management", "management", "vfs", "rdma",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "name"),
    [("vfs", "VFs (5)"), ("network:activate", "Bond (10)"), ("bridge:br-data", "Open vSwitch (13)"),
     ("flow_steering_mode", "Steering (7)"), ("new", "new")],
)  # fmt: skip
def test_stage_names(step, name):
    assert order.stage_name(step) == name


def test_junit(report):
    root = ElementTree.fromstring(junit.render(report))
    assert root.get("failures") == "5"
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == [host["host"] for host in report["hosts"]]
    for suite in suites:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    failure = suites[1].find("testcase/failure")
    assert "<script>" in failure.get("message")  # whole again once it is parsed
    assert "RDMA" in failure.text


class Tags(HTMLParser):
    """Open tags and what refers to somewhere outside."""

    VOID = ("meta", "input", "br", "path", "link")

    def __init__(self):
        super().__init__()
        self.open, self.outside, self.problems, self.scripts = [], [], [], 0

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        self.outside += [v for k, v in attributes if k in ("src", "href", "action") and v]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)


def parsed(html):
    tags = Tags()
    tags.feed(html)
    return tags


def test_page_is_whole_and_self_contained(report):
    html = page.render(report)
    tags = parsed(html)
    assert (tags.problems, tags.open, tags.outside) == ([], [], [])
    assert not re.search(r"https?://|url\(|@import", html)
    assert "prefers-color-scheme: dark" in html


def test_page_escapes(report):
    html = page.render(report)
    assert parsed(html).scripts == 1  # the page's own
    assert "&lt;script&gt;" in html


def test_page_tells_all(report):
    html = page.render(report)
    for words in ("5 of 7 checks failed", "VFs (5)", "RDMA write bandwidth", "storage", "3 flows",
                  "host-5", "no result", "emulation is not held to it"):  # fmt: skip
        assert words in html
    assert html.count("<svg") == 2


def test_page_draws_no_bracket_where_flows_keep_to_one_member(report):
    html = page.render(report)
    assert html.count('class="chance"') == 1
    assert "layer3+4: both members, by flow" in html
    text = "layer2: one member for each pair of hosts and direction"
    report["hosts"][0]["spreads"] = [{**SPREAD, "expected": text, "low": None, "high": None}]
    html = page.render(report)
    assert 'class="chance"' not in html
    assert text in html


def test_page_of_a_thousand_hosts_stays_light():
    results = {
        f"h{n}": findings([check(f"c{m}") for m in range(30)], series=[series(peer=f"p{n}")],
                          spreads=[SPREAD])
        for n in range(1000)
    }  # fmt: skip
    report = assemble("big", "2026-11-22T05:26:00Z", list(results), results, False)
    html = page.render(report)
    assert "report.json has all" in html
    assert "median of all pairs" in html
    assert len(html) < 4_000_000
    assert len(terminal.render(report).splitlines()) < 40


def test_all_good_and_check_mode():
    results = {"host-1": findings([check("data0: VFs")])}
    report = assemble("lab", "2026-11-22T05:26:00Z", ["host-1"], results, True)
    html = page.render(report)
    assert verdict(report) == "1 check holds on 1 host"
    assert 'class="good"' in html
    assert "What failed" not in html
    assert "Check mode" in terminal.render(report)


def test_no_host_at_all():
    report = assemble("lab", "2026-11-22T05:26:00Z", [], {}, False)
    assert parsed(page.render(report)).problems == []
    ElementTree.fromstring(junit.render(report))


def test_terminal(report):
    shown = terminal.render(report)
    assert "FAILED  host-2  data1: VFs" in shown
    assert "60 / 40 %" in shown
    assert "4,069 µs" in shown
    assert shown.endswith(verdict(report) + ".")


def test_written_with_a_link_to_the_latest(tmp_path, report):
    write({**report, "time": "2026-11-21T05:26:00Z"}, str(tmp_path))
    folder = write(report, str(tmp_path))
    latest = tmp_path / "lab" / "latest"
    assert latest.resolve() == (tmp_path / folder).resolve()
    assert {path.name for path in latest.iterdir()} == {"report.html", "report.json", "junit.xml"}
    assert json.loads((latest / "report.json").read_text()) == json.loads(json.dumps(report))


def test_a_site_name_is_no_path(tmp_path, report):
    folder = write({**report, "site": "../../etc"}, str(tmp_path))
    assert folder.startswith(str(tmp_path))


def test_a_far_expectation_makes_the_axis_logarithmic(report):
    panel = next(p for p in curves.panels(report) if "bandwidth" in p.plot.title)
    assert not panel.plot.logarithmic
    report["hosts"][0]["series"][0]["expectation"] = [[64, 200.0], [65536, 200.0]]
    panel = next(p for p in curves.panels(report) if "bandwidth" in p.plot.title)
    assert panel.plot.logarithmic


@pytest.mark.parametrize(
    "points", [[(64, 1.0)], [(2, 0.0), (4, 0.0)], [(2, 1e-6), (1 << 23, 197.3)]]
)
@pytest.mark.parametrize("logarithmic", [True, False])
def test_plots_of_odd_points(points, logarithmic):
    drawn = plot.svg(plot.Plot("t", "u", [plot.Line("l", points)], logarithmic))
    ElementTree.fromstring(drawn)
    for number in re.findall(r'c[xy]="([^"]+)"', drawn):
        assert -1 <= float(number) <= plot.WIDTH


def test_no_points_no_plot():
    assert plot.svg(plot.Plot("t", "u", [])) == ""


def test_words_for_values():
    assert [text(v) for v in (True, None, ["a", 1], {"mtu": 9000}, [])] == [
        "yes", "nothing", "a, 1", "mtu: 9000", "none",
    ]  # fmt: skip
    assert [figure(v) for v in (0.14, 4069.35, 197.31, 5.0)] == ["0.14", "4,069", "197", "5"]


def test_numbers_of_stages_are_those_of_the_documented_order():
    page = (Path(__file__).parents[3] / "docs/design/datapath.md").read_text()
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    numbers = {step: row[1] for row in rows for step in re.findall(r"`([a-z-]+):", row[2])}
    for stage in order.STAGES:
        for step in set(stage.steps) & {
            "udev",
            "vfs",
            "switchdev",
            "network",
            "lag",
            "bind",
            "bridge",
        }:
            assert stage.number in numbers[step].replace(",", " ").split()
