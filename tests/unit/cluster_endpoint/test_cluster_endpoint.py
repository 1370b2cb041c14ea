"""cluster_endpoint on a stand-in node: ip, systemctl and the packages are stand-ins."""

import json

import pytest
from ansible.module_utils.cluster_endpoint import ClusterEndpoint, EndpointSpec, SpecError
from ansible.module_utils.cluster_endpoint.keepalived import CHECK, CONFIG
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.system import Output, System
from fakes.crash import CutPoints, cut_everywhere

DESIRED = {
    "cluster": "alpha", "virtual": "192.0.2.9", "address": "192.0.2.32",
    "members": ["192.0.2.31", "192.0.2.32", "192.0.2.33"],
}  # fmt: skip


class StandInNode(CutPoints, System):
    def __init__(self, root):
        super().__init__(str(root))
        self.active = self.enabled = False
        self.address = "192.0.2.32"
        System.write_file(self, "/etc/os-release", "ID=debian\n")

    def run(self, *argv, check=True, timeout=120, stdin=None):
        return super().run(*argv, check=check)

    def _recorded(self, argv, stdin):
        if argv[0] == "ip":
            link = {"ifname": "eth0", "addr_info": [{"local": self.address}]}
            return Output(0, json.dumps([link]), "")
        if "apt-get" in argv:
            System.write_file(self, "/var/lib/dpkg/status",
                              "Package: keepalived\nStatus: install ok installed\n")  # fmt: skip
        if argv[:2] == ("systemctl", "is-active"):
            return Output(0, "active" if self.active else "inactive", "")
        if argv[:2] == ("systemctl", "is-enabled"):
            return Output(0, "enabled" if self.enabled else "disabled", "")
        if argv[:2] in (("systemctl", "restart"), ("systemctl", "enable")):
            self.active |= argv[1] == "restart"
            self.enabled |= argv[1] == "enable"
        if argv[:2] == ("systemctl", "disable"):
            self.active = self.enabled = False
        return Output(0, "", "")


@pytest.fixture
def new_node(tmp_path):
    count = iter(range(10_000))

    def make():
        (root := tmp_path / f"node-{next(count)}").mkdir()
        return StandInNode(root)

    return make


def endpoint(node, **changes):
    return ClusterEndpoint(node, EndpointSpec.parse({**DESIRED, **changes}))


def names(result):
    return [step["name"] for step in result.steps]


def test_a_bare_node_gets_all_of_it_once_on_stand_in(new_node):
    node = new_node()
    wanted = [
        "package:keepalived", "file:check-api-server", "file:keepalived.conf",
        "service:keepalived",
    ]  # fmt: skip
    assert names(converge(endpoint(node), check=True)) == wanted
    assert names(converge(endpoint(node))) == wanted
    assert not converge(endpoint(node)).changed
    text = node.read(CONFIG)
    assert "priority 199" in text  # the second of them
    assert "192.0.2.9/32 dev eth0" in text and "unicast_src_ip 192.0.2.32" in text
    assert "192.0.2.31\n        192.0.2.33\n    }" in text  # peers, without itself


def test_behind_a_load_balancer_nothing_is_installed_and_ours_goes(new_node):
    node = new_node()
    assert not converge(endpoint(node, virtual="")).changed
    converge(endpoint(node))
    assert converge(endpoint(node, virtual="")).changed
    assert not node.active and not node.exists(CONFIG) and not node.exists(CHECK)


def test_an_address_that_no_interface_has_is_refused(new_node):
    node = new_node()
    node.address = "198.51.100.1"
    with pytest.raises(ConvergeError, match=r"no interface has 192\.0\.2\.32"):
        converge(endpoint(node))


def test_cut_at_every_step_and_change_and_run_again_on_stand_in(new_node):
    cut_everywhere(new_node, endpoint)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"virtual": "x"}, "virtual"), ({"members": []}, "members"), ({"cluster": "a b"}, "cluster")],
)
def test_a_wrong_value_is_named_by_its_key(change, words):
    with pytest.raises(SpecError, match=words):
        EndpointSpec.parse({**DESIRED, **change})
