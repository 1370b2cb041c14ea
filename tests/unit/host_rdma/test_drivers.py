"""Packages and DOCA's drivers with stand-in package tools: no NVIDIA repository was there."""

import hashlib

import pytest
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.fetch import request
from ansible.module_utils.host_rdma import HostRdmaDrivers, HostRdmaSpec
from ansible.module_utils.host_rdma.doca import Pin
from ansible.module_utils.host_rdma.management import management_paths
from ansible.module_utils.system import Output

CONTENT = b"a repository package"


@pytest.fixture
def pin(tmp_path):
    place = tmp_path / "mirror" / "doca-host_3.1.0_amd64.deb"
    place.parent.mkdir()
    place.write_bytes(CONTENT)
    return {
        "version": "3.1.0",
        "url": place.as_uri(),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "packages": ["doca-ofed"],
    }


def drivers(host, source="doca", pin=None, reboot=False, environment=None, **desired):
    spec = HostRdmaSpec.parse({"driver_source": source, **desired})
    return HostRdmaDrivers(host, spec, pin, reboot, environment or {})


def rules(subject):
    return [refusal.rule for refusal in subject.plan(subject.observe()).refusals]


def test_distribution_packages_once(host):
    assert [s["name"] for s in converge(drivers(host, "distribution")).steps] == ["packages"]
    ran = len(host.ran)
    assert not converge(drivers(host, "distribution")).changed
    assert len(host.ran) == ran  # a run without work starts no process


def test_lists_are_read_again_when_a_package_is_not_found(host):
    install, calls = host._apt_get, []

    def stand_in_apt_get(argv):
        calls.append(argv[-1])
        return Output(100, "", "Unable to locate package") if len(calls) == 1 else install(argv)

    host._apt_get = stand_in_apt_get
    converge(drivers(host, "distribution"))
    assert calls == ["perftest", "update", "perftest"]


def test_an_unknown_distribution_is_refused(host):
    host.put("/etc/os-release", "ID=plan9\n")
    assert rules(drivers(host, "distribution")) == ["distribution"]


def test_red_hat_asks_rpm(host):
    host.put("/etc/os-release", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n')
    host._rpm = lambda argv: Output(1, "rdma-core 51.0-1\npackage perftest is not installed\n", "")
    subject = drivers(host, "distribution")
    step = subject.plan(subject.observe()).steps[0]
    assert step.after == "libibverbs libibverbs-utils librdmacm-utils perftest"


class TestDoca:
    def test_without_a_pin_it_is_refused(self, host, pin):
        assert rules(drivers(host)) == ["doca-pin"]
        assert rules(drivers(host, pin={**pin, "sha256": "abc"})) == ["doca-pin"]

    def test_repository_then_packages(self, host, pin):
        result = converge(drivers(host, pin=pin))
        assert [s["name"] for s in result.steps] == ["doca:repository", "doca:packages", "packages"]
        assert "dpkg --install /var/cache/slipway/doca-host_3.1.0_amd64.deb" in host.ran
        assert not converge(drivers(host, pin=pin)).changed

    def test_a_wrong_hash_is_never_installed(self, host, pin):
        with pytest.raises(ConvergeError, match="not installed"):
            converge(drivers(host, pin={**pin, "sha256": "0" * 64}))
        assert not [c for c in host.ran if c.startswith("dpkg")]
        assert host.list("/var/cache/slipway") == []

    @pytest.mark.parametrize(
        "address", ["https://u:secret@[::1]:9/p.deb?t=secret", "ftp://u:secret@h/p"]
    )
    def test_a_password_in_the_address_is_not_shown(self, host, pin, address):
        with pytest.raises(ConvergeError, match="p") as raised:
            converge(drivers(host, pin={**pin, "url": address}))
        assert "secret" not in str(raised.value)
        assert "://" in str(raised.value)

    def test_a_password_in_the_address_is_sent_as_a_header(self, pin):
        asked = request("https://u:s%40@mirror/p.deb")
        assert asked.full_url == "https://mirror/p.deb"
        assert asked.get_header("Authorization") == "Basic dTpzQA=="

    @pytest.mark.parametrize("doca", [5, [None], {"packages": 5}, {"packages": "a"}, {"url": 1}])
    def test_an_odd_pin_is_named(self, doca):
        with pytest.raises(ValueError, match="doca"):
            Pin.parse(doca)

    def test_a_driver_that_is_not_the_installed_one_needs_a_reboot(self, host, pin):
        host.put("/sys/module/mlx5_core/srcversion", "OLD")
        result = converge(drivers(host, pin=pin))
        assert "mlx5_core" in result.reboot_reasons[0]
        assert not [c for c in host.ran if "openibd" in c or "modprobe" in c]


class TestManagement:
    @pytest.fixture
    def host(self, host):
        host.netdev("mgmt0", pci="0000:3b:00.0", driver="mlx5_core")
        host.netdev("mgmt0.5", lower=["mgmt0"], vlan=True)
        return host

    def test_ssh_over_a_vlan_of_that_nic(self, host, pin):
        host.routes["get"] = ["mgmt0.5"]
        subject = drivers(
            host, pin=pin, environment={"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
        )
        refusal = subject.plan(subject.observe()).refusals[0]
        assert refusal.rule == "driver-under-management"
        for word in ("192.0.2.1", "mgmt0", "0000:3b:00.0", "mlx5_core"):
            assert word in refusal.message
        assert "host_reboot=true" in refusal.remedy

    def test_with_leave_to_reboot_it_is_installed(self, host, pin):
        host.routes["show"] = ["mgmt0"]
        assert rules(drivers(host, pin=pin)) == ["driver-under-management"]
        assert rules(drivers(host, pin=pin, reboot=True)) == []

    def test_what_the_model_says(self, host, pin):
        subject = drivers(host, pin=pin, management_pci_addresses=["0000:3b:00.0"])
        assert rules(subject) == ["driver-under-management"]

    def test_another_nics_driver_is_no_obstacle(self, host, pin):
        host.routes["show"] = ["enp1s0f0"]
        assert rules(drivers(host, pin=pin)) == []

    def test_sudo_dropped_the_variable(self, host, monkeypatch):
        monkeypatch.setattr("os.getpid", lambda: 30)
        host.put("/proc/30/environ", "A=1")
        host.put("/proc/30/stat", "30 (a ) b) S 20 1")
        host.put("/proc/20/environ", "A=1\0SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22\0")
        host.routes["get"] = ["mgmt0"]
        assert [p.driver for p in management_paths(host, environment={})] == ["mlx5_core"]
