"""Readers against output of the real programs (fixtures/README.md)."""

from pathlib import Path

import pytest
from ansible.module_utils.verify import parse

FIXTURES = Path(__file__).parent / "fixtures"


def fixture(name):
    return (FIXTURES / name).read_text()


def test_ping_answered():
    assert parse.ping(fixture("ping-answered.txt")) == parse.Ping(2, 2, 8.455, False)


def test_ping_longer_than_the_interface_allows():
    seen = parse.ping(fixture("ping-too-long.txt"))
    assert seen.too_long
    assert seen.received == 0


def test_ping_lost():
    assert parse.ping(fixture("ping-lost.txt")) == parse.Ping(2, 0, None, False)


def test_pingpong():
    assert parse.rc_pingpong(fixture("rc-pingpong.txt")) == parse.Pingpong(
        1638400, 3.13, 200, 15661.88
    )


def test_bandwidth():
    (row,) = parse.write_bandwidth(fixture("write-bw.txt"))
    assert (row.size, row.iterations) == (65536, 400)
    assert 0 < row.average < 1


def test_bandwidth_without_a_server():
    with pytest.raises(ValueError, match="no table"):
        parse.write_bandwidth(fixture("write-bw-no-server.txt"))


def test_bandwidth_in_another_unit_is_refused():
    text = fixture("write-bw.txt").replace("[Gb/sec]", "[MiB/sec]")
    with pytest.raises(ValueError, match="Gb/sec"):
        parse.write_bandwidth(text)


def test_latency():
    (row,) = parse.write_latency(fixture("write-lat.txt"))
    assert (row.size, row.iterations) == (8, 200)
    assert row.typical > 0


def test_datapath_flows():
    flows = parse.datapath_flows(fixture("dpctl-flows.txt"))
    assert {flow.in_port for flow in flows} == {"br-data"}
    arp = next(flow for flow in flows if flow.ether_type == "0x0806")
    assert (arp.destination, arp.packets) == ("ff:ff:ff:ff:ff:ff", 2)
    assert (arp.datapath, arp.offloaded, arp.actions) == ("tc", "", "bond0")


@pytest.mark.parametrize(
    "reader", [parse.ping, parse.rc_pingpong, parse.write_bandwidth, parse.write_latency]
)
@pytest.mark.parametrize("text", ["", "Segmentation fault", "#bytes\n"])
def test_what_is_not_a_result_is_an_error(reader, text):
    with pytest.raises(ValueError):
        reader(text)
