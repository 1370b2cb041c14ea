"""``slipway-datapath`` and the zipapp that it is."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from ansible.module_utils.converge import ConvergeError
from ansible.module_utils.host_datapath import cli, package, runs, show
from ansible.module_utils.host_datapath.paths import SPEC
from ansible.module_utils.ssh_connection import default_routes, routes_to_client
from ansible.module_utils.system import Output, System


@pytest.fixture
def host(tmp_path):
    return System(str(tmp_path))


def test_same_sources_same_bytes():
    assert package.build() == package.build()


def test_written_once_and_named_after_its_content(tmp_path):
    first = package.build_into(str(tmp_path))
    assert package.build_into(str(tmp_path)) == first
    assert [path.name for path in tmp_path.iterdir()] == [first.rpartition("/")[2]]


def test_the_zipapp_runs(tmp_path):
    path = package.build_into(str(tmp_path))
    done = subprocess.run(
        [sys.executable, path, "--help"], capture_output=True, text=True, check=True
    )
    assert "exit status" in done.stdout
    assert "confirm" in done.stdout


def test_each_module_of_the_zipapp_finds_what_it_imports(tmp_path):
    path = package.build_into(str(tmp_path))
    names = [
        name.removesuffix(".py").replace("/", ".")
        for name in package.sources()
        if not name.endswith("__main__.py")
    ]
    probe = "import sys, importlib; sys.path.insert(0, sys.argv[1]); "
    probe += "[importlib.import_module(name) for name in sys.argv[2:]]"
    subprocess.run([sys.executable, "-I", "-c", probe, path, *names], check=True)


def test_the_zipapp_brings_no_ansible(tmp_path):
    path = package.build_into(str(tmp_path))
    probe = "import sys; sys.path.insert(0, sys.argv[1]); import slipway.host_datapath.cli; "
    probe += "print([m for m in sys.modules if m.startswith(('ansible', 'yaml', 'pydantic'))])"
    done = subprocess.run(
        [sys.executable, "-I", "-c", probe, path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_nothing_for_the_controller_is_in_it():
    names = package.sources()
    assert "slipway/host_datapath/package.py" not in names
    assert not any("ansible" in name for name in names)


@pytest.mark.parametrize("command", ["status", "plan", "verify", "apply"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "not there; the controller writes it"),
        ("{", "no JSON"),
        ("[]", "must be a mapping"),
        ("{}", "host: missing"),
        ('{"host": "a", "wat": 1}', "wat: unknown key"),
    ],
)
def test_a_bad_desired_state_is_one_line(host, capsys, command, text, message):
    if text is not None:
        host.write_file(SPEC, text)
    assert cli.main([command], host) == cli.CANNOT
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_errors_are_json_as_well(host, capsys):
    assert cli.main(["plan", "--json"], host) == cli.CANNOT
    assert json.loads(capsys.readouterr().out)["status"] == cli.CANNOT


@pytest.mark.parametrize("command", ["apply", "status"])
def test_only_root(monkeypatch, capsys, command):
    monkeypatch.setattr(cli.os, "geteuid", lambda: 1000)
    assert cli.main([command]) == cli.CANNOT
    assert "only root" in capsys.readouterr().err


def test_unknown_words_are_told(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["wat"])
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_confirming_nothing_is_said(host, capsys):
    assert cli.main(["confirm"], host) == cli.FAILED
    assert "no change of the network waits" in capsys.readouterr().err


def test_rolling_back_nothing_is_fine(host, capsys):
    assert cli.main(["rollback"], host) == cli.DONE
    assert "nothing to undo" in capsys.readouterr().out


def test_boot_without_a_desired_state_is_fine(host, capsys):
    assert cli.main(["boot", "before-network"], host) == cli.DONE
    assert "nothing is desired" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConvergeError("refused", "vf-in-use: x"), cli.REFUSED),
        (ConvergeError("vfs:data0", "no"), cli.FAILED),
        (OSError("disk full"), cli.FAILED),
    ],
)
def test_exit_status_of_failures(host, monkeypatch, capsys, error, status):
    def fail(*arguments):
        raise error

    host.write_file(SPEC, "{}")
    monkeypatch.setattr(runs, "present", fail)
    assert cli.main(["apply"], host) == status
    assert str(error) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ({"refusals": ["no"], "steps": []}, cli.REFUSED),
        ({"refusals": [], "steps": []}, cli.DONE),
        ({"refusals": [], "steps": [{"name": "a", "why": "b", "disrupts": ""}]}, cli.TO_DO),
    ],
)
def test_exit_status_of_plan(host, monkeypatch, capsys, result, status):
    host.write_file(SPEC, "{}")
    monkeypatch.setattr(runs, "preview", lambda *a: {**result, "confirm_required": False})
    assert cli.main(["plan"], host) == status


def test_columns_are_aligned():
    assert show.table([("A", "B"), ("long", "x")]) == "A     B\nlong  x"


def test_sshs_connection_is_found_above_sudo(tmp_path):
    probe = (
        "from ansible.module_utils.ssh_connection import ssh_connection; "
        "from ansible.module_utils.system import System; print(ssh_connection(System()))"
    )
    code = f"import sys; sys.path[:] = {sys.path!r}; import conftest; {probe}"
    inner = ["env", "-u", "SSH_CONNECTION", sys.executable, "-c", code]
    script = f"import subprocess, sys; sys.exit(subprocess.run({inner!r}).returncode)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"SSH_CONNECTION": "10.0.0.1 1111 10.0.0.2 22", "PATH": "/usr/bin:/bin"},
        cwd=package.__file__.partition("/plugins/")[0] + "/tests",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "10.0.0.1 1111 10.0.0.2 22", done.stderr


class Routes:
    """A stand-in for ``ip``: arguments → routes."""

    def __init__(self, **routes):
        self.routes = routes

    def run(self, *argv, check=True):
        key = "_".join(word.strip("-") for word in argv[2:]).replace(".", "_")
        return Output(0, json.dumps(self.routes.get(key, [])), "")


def test_every_way_out_is_found():
    system = Routes(
        route_show_default=[{"nexthops": [{"dev": "eth1"}, {"dev": "eth0"}]}],
        **{"6_route_show_default": [{"dev": "eth2"}], "route_get_10_0_0_1": [{"dev": "bond0"}]},
    )
    assert default_routes(system) == ["eth0", "eth1", "eth2"]
    assert routes_to_client(system, "10.0.0.1 1 10.0.0.2 22") == ["bond0"]
    assert routes_to_client(system, "fe80::1%eth7 1 fe80::2%eth7 22") == ["eth7"]
    assert routes_to_client(system, "") == []


def test_the_unit_that_applies_looks_after_the_connection_that_asked(host, monkeypatch):
    asked = []
    monkeypatch.setattr(runs, "Host", lambda system, spec, connection: asked.append(connection))
    monkeypatch.setattr(runs, "converge", lambda *a, **k: SimpleNamespace(as_dict=dict))
    monkeypatch.setattr(runs.Guard, "applied", lambda *a: None)
    monkeypatch.setattr(host, "sleep", lambda seconds: None)
    for connections in (["old", "10.0.0.1 1 10.0.0.2 22"], []):
        record = {"change": "1", "state": runs.APPLYING, "desired": {"host": "a"}}
        record["connections"] = connections
        monkeypatch.setattr(runs.Guard, "pending", lambda self, record=record: record)
        runs.carry_out(host, "1")
    assert asked == ["10.0.0.1 1 10.0.0.2 22", ""]
