"""A run cut at every step and at every single change is finished by the next, on stand-in trees."""

import pytest
from ansible.module_utils.converge import converge
from ansible.module_utils.host_datapath.host import Host
from ansible.module_utils.host_datapath.spec import Spec
from fakes.crash import cut_everywhere
from fakes.hosts import bare, datapath, spec_dict
from fakes.manager import FakeManager


@pytest.mark.parametrize("driver", ["mlx5_core", "igb", "netdevsim"])
def test_cut_on_the_way_from_bare_on_fake_tree(driver):
    spec = spec_dict(driver, vfs=2)
    points = cut_everywhere(lambda: bare(driver), lambda host: datapath(host, spec))
    assert len(points) > 40


def test_cut_on_the_way_to_switchdev_with_more_vfs_on_fake_tree():
    old = spec_dict("mlx5_core", vfs=1, eswitch_mode="legacy", hw_tc_offload=False)
    new = spec_dict("mlx5_core", vfs=2)

    def make():
        host = bare("mlx5_core")
        converge(datapath(host, old), clock=host.clock)
        return host

    assert len(cut_everywhere(make, lambda host: datapath(host, new))) > 40


def test_cut_on_the_way_back_to_legacy_on_fake_tree():
    old, new = spec_dict("netdevsim", vfs=2), spec_dict("netdevsim", vfs=2)
    new["nics"][0].update(eswitch_mode="legacy", hw_tc_offload=False)

    def make():
        host = bare("netdevsim")
        converge(datapath(host, old), clock=host.clock)
        return host

    assert cut_everywhere(make, lambda host: datapath(host, new))


def test_cut_with_the_boot_files_on_fake_tree():
    spec = Spec.from_dict(spec_dict("igb", vfs=2))

    def subject(host):
        found = Host(host, spec)
        found.datapath.manager = FakeManager()
        return found

    points = cut_everywhere(lambda: bare("igb"), subject)
    assert {"before boot:units", "after boot:desired"} < set(points)
