"""A run cut at every step and at every single change is finished by the next, on stand-in trees."""

import pytest
from ansible.module_utils.converge import converge
from fakes.crash import cut_everywhere
from fakes.hosts import bare, datapath, spec_dict


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
