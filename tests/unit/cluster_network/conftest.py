"""A node of a cluster whose ip, nft and systemctl are stand-ins."""

import json

import pytest
from ansible.module_utils.cluster_network.paths import PROGRAM
from ansible.module_utils.system import Output, System
from fakes.crash import CutPoints


class StandInNode(CutPoints, System):
    def __init__(self, root):
        super().__init__(str(root))
        self.routes, self.units, self.cleared, self.rules = {}, {}, False, ""
        self.batches = []

    def run(self, *argv, check=True, timeout=120, stdin=None):
        return super().run(*argv, check=check, stdin=stdin)

    def _recorded(self, argv, stdin):
        unit = self.units.setdefault(argv[-1], {"active": False, "enabled": False})
        if argv[:2] == ("systemctl", "show"):
            active = "active" if unit["active"] else "inactive"
            enabled = "enabled" if unit["enabled"] else "disabled"
            lines = f"ActiveState={active}\nUnitFileState={enabled}\nNeedDaemonReload=no\n"
            return Output(0, lines, "")
        if argv[:2] == ("systemctl", "restart"):
            unit["active"] = True
        elif argv[:3] == ("systemctl", "disable", "--now"):
            unit["active"] = unit["enabled"] = False
        elif argv == (PROGRAM, "clear"):
            self.cleared = True
        if argv[:3] == ("nft", "list", "table"):
            return Output(0 if self.rules else 1, self.rules, "")
        if argv[:2] == ("nft", "-f"):
            self.rules = self.read(argv[2])
        elif argv[:2] == ("nft", "delete"):
            self.rules = ""
        if argv[:4] == ("ip", "-json", "route", "show"):
            shown = [{"dst": to, "gateway": via} for to, via in self.routes.items()]
            return Output(0, json.dumps(shown), "")
        if argv == ("ip", "-batch", "-"):
            self.batches.append(stdin)
            for _route, verb, to, *rest in map(str.split, stdin.splitlines()):
                if verb == "replace":
                    self.routes[to] = rest[1]
                else:
                    del self.routes[to]
        elif argv[:2] == ("systemctl", "enable"):
            unit["enabled"] = True
        elif argv[:2] == ("systemctl", "is-enabled"):
            return Output(0, "enabled\n" if unit["enabled"] else "disabled\n", "")
        return Output(0, "", "")


@pytest.fixture
def new_node(tmp_path):
    count = iter(range(10_000))

    def make():
        root = tmp_path / f"node-{next(count)}"
        root.mkdir()
        return StandInNode(root)

    return make
