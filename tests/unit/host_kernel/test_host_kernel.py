"""host_kernel on a stand-in host: order, refusals, reboot reasons, cuts."""

from itertools import count

import pytest
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.host_kernel import HostKernel, HostKernelSpec, SpecError, unhealthy
from ansible.module_utils.host_kernel.boot_loader import GRUB_CFG, GRUB_OWN
from ansible.module_utils.host_kernel.part import Record
from fakes.crash import CutPoints, cut_everywhere

POOL = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
FULL = {
    "command_line": ["intel_iommu=on", "iommu=pt"],
    "modules": ["bonding", "8021q", "ext4"],
    "module_options": {"igb": {"max_vfs": "0"}},
    "hugepages": [{"size": "2M", "count": 64}],
    "sysctl": {"net.core.rmem_max": "67108864", "net.ipv4.tcp_rmem": "4096 87380 33554432"},
    "limits": [{"domain": "*", "type": "-", "item": "memlock", "value": "unlimited"}],
}


def kernel(host, **desired):
    return HostKernel(host, HostKernelSpec.parse(desired))


def names(result):
    return [step["name"] for step in result.steps]


def rules(host, **desired):
    subject = kernel(host, **desired)
    return [refusal.rule for refusal in subject.plan(subject.observe()).refusals]


def test_all_steps_in_order_and_then_none(host):
    result = converge(kernel(host, **FULL))
    assert names(result) == [
        "module-options",
        "modules:at-boot",
        "module:bonding",
        "module:8021q",
        "sysctl:at-boot",
        "sysctl:net.core.rmem_max",
        "sysctl:net.ipv4.tcp_rmem",
        "hugepages:2048kB",
        "hugepages:at-boot",
        "limits:sessions",
        "limits:services",
        "limits:systemd",
        "command-line:configure",
        "command-line:record",
    ]
    again = converge(kernel(host, **FULL))
    assert not again.changed
    assert [r for r in again.reboot_reasons if "intel_iommu=on" in r]
    host.boot("boot-2")
    after = converge(kernel(host, **FULL))
    assert (after.changed, after.reboot_reasons) == (False, [])
    assert all(c.ok for c in kernel(host, **FULL).verify(after.after))


def test_check_mode_changes_nothing(host):
    before = {p: host.read(p) for p in host.glob("/etc/*/*")}
    result = converge(kernel(host, **FULL), check=True)
    assert result.changed
    assert {p: host.read(p) for p in host.glob("/etc/*/*")} == before
    assert not [argv for argv in host.ran if argv[:2] != ("systemctl", "show")]


def test_cut_at_every_step_and_change_and_run_again(tmp_path, new_host):
    class Host(CutPoints, new_host):
        """Cut before each change."""

    folders = (tmp_path / str(number) for number in count())
    points = cut_everywhere(lambda: Host(next(folders)), lambda host: kernel(host, **FULL))
    assert len(points) > 28 + 14


def test_a_cut_between_grub_file_and_update_grub_is_finished(host):
    host.failing.add("update-grub")
    with pytest.raises(ConvergeError, match="command-line:configure"):
        converge(kernel(host, command_line=["iommu=pt"]))
    assert host.exists(GRUB_OWN)
    host.failing.clear()
    assert names(converge(kernel(host, command_line=["iommu=pt"]))) == ["command-line:configure"]
    assert "iommu=pt" in host.read(GRUB_CFG)


class TestCommandLine:
    def test_foreign_arguments_stay_and_own_ones_go(self, host):
        converge(kernel(host, command_line=["iommu=pt", "a=1"]))
        host.boot("boot-2")
        result = converge(kernel(host, command_line=["iommu=pt"]))
        entry = host.read(GRUB_CFG).splitlines()[1]
        assert "quiet" in entry and "iommu=pt" in entry and "a=1" not in entry
        assert result.reboot_reasons == ["command line: a=1 is still in effect"]
        # reported until it is done
        again = converge(kernel(host, command_line=["iommu=pt"]))
        assert (again.changed, again.reboot_reasons) == (False, result.reboot_reasons)
        host.boot("boot-3")
        assert converge(kernel(host, command_line=["iommu=pt"])).reboot_reasons == []

    def test_nothing_wanted_removes_the_file(self, host):
        converge(kernel(host, command_line=["iommu=pt"]))
        converge(kernel(host))
        assert not host.exists(GRUB_OWN)
        assert not converge(kernel(host)).changed

    def test_an_argument_dropped_that_others_set_too_is_no_reason(self, host):
        converge(kernel(host, command_line=["quiet"]))
        result = converge(kernel(host))
        assert result.reboot_reasons == []

    @pytest.mark.parametrize(
        "line", ['GRUB_CMDLINE_LINUX="intel_iommu=off"', 'GRUB_CMDLINE_LINUX_DEFAULT="iommu=soft"']
    )
    def test_a_contradiction_is_refused_with_its_place(self, host, line):
        host.put("/etc/default/grub", f"# comment\n{line}\n")
        subject = kernel(host, command_line=["intel_iommu=on", "iommu=pt"])
        refusals = subject.plan(subject.observe()).refusals
        assert {r.rule for r in refusals} == {"command-line-contradiction"}
        assert "/etc/default/grub:2" in refusals[0].message

    def test_a_later_file_that_replaces_ours_is_refused(self, host):
        host.put("/etc/default/grub.d/90-vendor.cfg", 'GRUB_CMDLINE_LINUX="splash"\n')
        assert rules(host, command_line=["iommu=pt"]) == ["command-line-overridden"]
        host.put(
            "/etc/default/grub.d/90-vendor.cfg", 'GRUB_CMDLINE_LINUX="${GRUB_CMDLINE_LINUX} x"\n'
        )
        assert rules(host, command_line=["iommu=pt"]) == []

    def test_a_running_contradiction_from_elsewhere_is_a_warning(self, host):
        converge(kernel(host, command_line=["iommu=pt"]))
        host.put("/proc/cmdline", "root=UUID=1 iommu=pt iommu=off")
        subject = kernel(host, command_line=["iommu=pt"])
        assert "iommu=off" in subject.plan(subject.observe()).warnings[0]

    def test_amd_needs_no_intel_argument(self, host):
        host.put("/proc/cpuinfo", "vendor_id\t: AuthenticAMD\n")
        converge(kernel(host, command_line=["intel_iommu=on", "iommu=pt"]))
        assert "intel_iommu" not in host.read(GRUB_OWN)

    def test_no_known_mechanism_is_refused_unless_it_runs_already(self, host):
        host.remove("/usr/sbin/update-grub")
        assert rules(host, command_line=["iommu=pt"]) == ["command-line-mechanism"]
        assert rules(host, command_line=["quiet"]) == []


class TestHugepages:
    def test_a_part_is_reported_not_repeated(self, host):
        host.free_pages = 40
        desired = {"hugepages": [{"size": "2M", "count": 64}]}
        result = converge(kernel(host, **desired))
        assert result.reboot_reasons == ["hugepages: 40 of 64 pages of 2M"]
        again = converge(kernel(host, **desired))
        assert (again.changed, again.reboot_reasons) == (False, result.reboot_reasons)
        host.boot("boot-2")
        host.free_pages = 1000
        assert converge(kernel(host, **desired)).reboot_reasons == []
        assert host.read(POOL) == "64"

    def test_what_the_model_drops_is_given_back(self, host):
        converge(kernel(host, hugepages=[{"size": "2M", "count": 8}]))
        converge(kernel(host))
        assert host.read(POOL) == "0"
        assert not converge(kernel(host)).changed

    def test_gigantic_pages_come_by_the_command_line(self, host):
        host.put("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0")
        result = converge(kernel(host, hugepages=[{"size": "1G", "count": 2}]))
        assert "hugepagesz=1G hugepages=2" in host.read(GRUB_CFG)
        assert "hugepages: 0 of 2 pages of 1G" in result.reboot_reasons

    def test_nodes(self, host):
        for node in (0, 1):
            host.put(
                f"/sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages", "0"
            )
        pages = [{"size": "2M", "count": 4, "node": 1}, {"size": "2M", "count": 2, "node": 0}]
        result = converge(kernel(host, hugepages=pages))
        assert names(result)[:2] == ["hugepages:2048kB@node1", "hugepages:2048kB@node0"]

    def test_refusals(self, host):
        assert rules(host, hugepages=[{"size": "1G", "count": 1}]) == ["hugepages-size"]
        assert rules(host, hugepages=[{"size": "2M", "count": 4000}]) == ["hugepages-memory"]


class TestSysctl:
    def test_a_later_file_is_named(self, host):
        host.put("/usr/lib/sysctl.d/90-vendor.conf", "net.core.*_max = 1\n")
        subject = kernel(host, sysctl={"net.core.rmem_max": "2"})
        refusal = subject.plan(subject.observe()).refusals[0]
        assert "/usr/lib/sysctl.d/90-vendor.conf" in refusal.message

    @pytest.mark.parametrize("path", ["/usr/lib/sysctl.d/10-x.conf", "/etc/sysctl.d/50-x.conf"])
    def test_an_earlier_file_does_not_matter(self, host, path):
        host.put(path, "net.core.rmem_max = 1\n")
        assert rules(host, sysctl={"net.core.rmem_max": "2"}) == []

    def test_a_masked_later_file_does_not_matter(self, host):
        host.put("/usr/lib/sysctl.d/90-x.conf", "net.core.rmem_max = 1\n")
        host.put("/etc/sysctl.d/90-x.conf", "# nothing\n")
        assert rules(host, sysctl={"net.core.rmem_max": "2"}) == []

    def test_unknown_keys(self, host):
        assert rules(host, sysctl={"net.bridge.x": "1"}) == ["sysctl-unknown"]
        # a module that is to be loaded may bring it; an interface may come later
        assert rules(host, modules=["br_netfilter"], sysctl={"net.bridge.x": "1"}) == []
        assert rules(host, sysctl={"net/ipv4/conf/bond0.100/rp_filter": "2"}) == []

    def test_drift_is_corrected(self, host):
        converge(kernel(host, **FULL))
        host.put("/proc/sys/net/core/rmem_max", "1")
        assert names(converge(kernel(host, **FULL))) == ["sysctl:net.core.rmem_max"]

    def test_a_dropped_key_is_said_to_stay(self, host):
        converge(kernel(host, sysctl={"net.core.rmem_max": "2"}))
        assert "net/core/rmem_max" in converge(kernel(host)).warnings[0]


class TestModules:
    def test_files_of_the_running_kernel_gone(self, host):
        host.put("/proc/sys/kernel/osrelease", "6.11-old")
        result = converge(kernel(host, modules=["bonding"]))
        assert "6.11-old" in result.reboot_reasons[0]

    def test_options_of_a_loaded_module_need_a_reboot(self, host):
        host.put("/sys/module/igb/parameters/max_vfs", "7")
        result = converge(kernel(host, module_options={"igb": {"max_vfs": "0"}}))
        assert "max_vfs=7" in result.reboot_reasons[0]

    def test_an_alias_is_not_proven(self, host):
        host._modprobe = lambda name: None
        with pytest.raises(ConvergeError, match="module:bond0"):
            converge(kernel(host, modules=["bond0"]))


@pytest.mark.parametrize(
    ("desired", "key"),
    [
        ({"comand_line": []}, "comand_line"),
        ({"command_line": ["a b"]}, "command_line"),
        ({"command_line": ["iommu=pt", "intel_iommu=off"]}, "cannot both hold"),
        ({"command_line": ["panic=1", "panic=2"]}, "panic=1 and panic=2"),
        ({"modules": ["a;b"]}, "modules"),
        ({"modules": ["a\n"]}, "modules"),
        ({"modules": "bonding"}, "modules: expected a list"),
        ({"module_options": {"a": [1]}}, r"module_options\.a: expected"),
        ({"module_options": {"a": {"b": "1\ninstall a x"}}}, r"module_options\.a\.b"),
        ({"sysctl": ["a"]}, "sysctl: expected"),
        ({"sysctl": {"net/../../../etc/motd": "1"}}, "sysctl: 'net/"),
        ({"sysctl": {"kernel.//.//etc.motd": "1"}}, "sysctl: 'kernel"),
        ({"sysctl": {"a.b\nc.d": "1"}}, "sysctl: 'a"),
        ({"sysctl": {"a.b": "1\nc.d = 2"}}, r"sysctl\.a\.b"),
        ({"sysctl": {"a.b": None}}, r"sysctl\.a\.b: has no value"),
        ({"sysctl": {"a.b": "1", "a/b": "2"}}, "given twice"),
        ({"hugepages": ["2M"]}, r"hugepages\[0\]: expected"),
        ({"hugepages": [{"size": "2M\n", "count": 1}]}, r"hugepages\[0\].size"),
        ({"limits": [{"item": "nofile", "value": "1"}]}, r"limits\[0\].domain"),
        (
            {"limits": [{"domain": "*", "type": "-", "item": "nofile", "value": "1\nroot"}]},
            r"limits\[0\].value",
        ),
        ({"hugepages": [{"size": "2MB", "count": 1}]}, r"hugepages\[0\].size"),
        ({"hugepages": [{"size": "2M"}]}, r"hugepages\[0\].count"),
        ({"hugepages": [{"size": "2M", "count": 1}, {"size": "2048K", "count": 1}]}, "twice"),
        (
            {"limits": [{"domain": "*", "type": "-", "item": "memlock", "value": "8G"}]},
            r"limits\[0\]",
        ),
    ],
)
def test_a_wrong_value_is_named_by_its_key(desired, key):
    with pytest.raises(SpecError, match=key):
        HostKernelSpec.parse(desired)


def test_arguments_that_may_stand_together():
    several = ["console=tty0", "console=ttyS0", "hugepagesz=1G", "hugepages=4", "hugepagesz=2M",
               "hugepages=8", "crashkernel=256M", "crashkernel=72M,low"]  # fmt: skip
    assert HostKernelSpec.parse({"command_line": several}).command_line == tuple(several)


def health(**values):
    return {
        "boot": "1",
        "state": "running",
        "failed_units": [],
        "gates": {},
        "closed": "",
        **values,
    }


@pytest.mark.parametrize(
    ("after", "reasons", "words"),
    [
        (health(boot="2"), [], None),
        (health(boot="2", state="degraded", failed_units=["old.service"]), [], None),
        (health(), [], "not rebooted"),
        (health(boot="2", state="starting"), [], "still starting"),
        (health(boot="2", failed_units=["ssh.service"]), [], "ssh.service"),
        (health(boot="2", gates={"slipway-rdma.service": "failed"}), [], "slipway-rdma"),
        (health(boot="2", closed="bond0 has no partner"), [], "no partner"),
        (health(boot="2"), ["command line: iommu=pt is not in effect yet"], "iommu=pt"),
    ],
)
def test_health_after_a_reboot(after, reasons, words):
    before = health(failed_units=["old.service"], gates={"slipway-rdma.service": "active"})
    problem = unhealthy(before, after, reasons)
    assert problem is None if words is None else words in problem


def test_a_record_that_is_lost_is_found_out(host, monkeypatch):
    monkeypatch.setattr(Record, "update", lambda self, **values: None)
    with pytest.raises(ConvergeError, match="command-line:record: the record does not hold"):
        converge(kernel(host, command_line=["iommu=pt"]))
    host.free_pages = 40
    with pytest.raises(ConvergeError, match=r"hugepages:2048kB: .*nr_hugepages is 40, not 64"):
        converge(kernel(host, hugepages=[{"size": "2M", "count": 64}]))
