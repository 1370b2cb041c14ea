"""Command lines: own ports, the right GID, nothing that a peer could smuggle in."""

import pytest
from ansible.module_utils.verify.perftest import (
    BANDWIDTH,
    LATENCY,
    PINGPONG,
    PORT_OFFSET,
    Endpoint,
    Run,
    command,
    iterations,
)  # fmt: skip

END = Endpoint("mlx5_bond_0", 3, 104)


def test_bandwidth_client():
    argv = command(Run(BANDWIDTH, 65536, 100, 16), END, 18602, "10.10.0.2")
    assert (
        argv
        == (
            "ib_write_bw -d mlx5_bond_0 -x 3 -p 18602 -s 65536 -n 100 -F --tclass=104 "
            "--report_gbits -q 16 10.10.0.2"
        ).split()
    )


def test_pingpong_names_its_gid_by_g():
    assert command(Run(PINGPONG, 4096, 100), END, 18601)[:5] == (
        "ibv_rc_pingpong -d mlx5_bond_0 -g 3".split()
    )


def test_each_program_has_its_port():
    assert len(set(PORT_OFFSET.values())) == 3


@pytest.mark.parametrize(
    "wrong",
    [("sh", 1, 10, 1), (LATENCY, 0, 10, 1), (LATENCY, 1, 1, 1), (BANDWIDTH, 1, 10, 5000)],
)
def test_what_a_peer_may_not_ask_for(wrong):
    with pytest.raises(ValueError):
        Run(*wrong)


def test_iterations_move_the_volume():
    assert iterations(65536, 2 << 20, 16) == 5
    assert iterations(65536, 64 << 20, 4) == 256
    assert iterations(2, 1 << 30) == 5000
