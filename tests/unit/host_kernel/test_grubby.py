"""The command line on RHEL: grubby is a stand-in here, no RHEL host was there."""

from ansible.module_utils.converge import converge
from ansible.module_utils.host_kernel import HostKernel, HostKernelSpec
from ansible.module_utils.system import Output


def with_stand_in_grubby(host, args):
    """A host with grubby and two boot entries instead of GRUB's files."""
    host.remove("/usr/sbin/update-grub")
    host.put("/usr/sbin/grubby", "")
    others = host.run

    def run(*argv, **options):
        if argv[0] != "grubby":
            return others(*argv, **options)
        for option in argv[1:]:
            name, _, words = option.partition("=")
            if name == "--remove-args":
                args[:] = [a for a in args if a not in words.split()]
            if name == "--args":
                args.extend(a for a in words.split() if a not in args)
        entry = (
            f'index=0\nkernel="/boot/vmlinuz-5"\nargs="{" ".join(args)} $tuned_params"\nroot="x"\n'
        )
        return Output(0, entry * 2, "")

    host.run = run
    return args


def test_arguments_come_and_go(host):
    args = with_stand_in_grubby(host, ["ro", "crashkernel=1G"])

    def kernel(*arguments):
        return HostKernel(host, HostKernelSpec.parse({"command_line": arguments}))

    converge(kernel("iommu=pt", "a=1"))
    assert args == ["ro", "crashkernel=1G", "iommu=pt", "a=1"]
    assert not converge(kernel("iommu=pt", "a=1")).changed
    converge(kernel("iommu=pt"))
    assert args == ["ro", "crashkernel=1G", "iommu=pt"]


def test_a_contradiction_names_the_boot_entry(host):
    with_stand_in_grubby(host, ["intel_iommu=off"])
    subject = HostKernel(host, HostKernelSpec.parse({"command_line": ["intel_iommu=on"]}))
    refusal = subject.plan(subject.observe()).refusals[0]
    assert "/boot/vmlinuz-5" in refusal.message
