"""Whatever the model says: what is applied needs nothing more, and one model follows another."""

import tempfile

from ansible.module_utils.converge import converge
from ansible.module_utils.host_kernel import HostKernel, HostKernelSpec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

arguments = st.lists(st.sampled_from(["iommu=pt", "intel_iommu=on", "a=1", "b", "x.y=2"]))
desired = st.fixed_dictionaries(
    {
        "command_line": arguments,
        "modules": st.lists(st.sampled_from(["bonding", "8021q", "vfio-pci", "ext4"]), unique=True),
        "hugepages": st.one_of(
            st.just([]), st.builds(lambda n: [{"size": "2M", "count": n}], st.integers(0, 1500))
        ),
        "sysctl": st.dictionaries(
            st.sampled_from(["net.core.rmem_max", "net/ipv4/tcp_rmem"]),
            st.integers(0, 10**9).map(str),
        ),
        "limits": st.one_of(
            st.just([]),
            st.builds(
                lambda v: [{"domain": "*", "type": "-", "item": "memlock", "value": v}],
                st.sampled_from(["unlimited", "1024"]),
            ),
        ),
    }
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=desired, second=desired)
def test_an_applied_model_needs_nothing_more(new_host, first, second):
    with tempfile.TemporaryDirectory() as root:
        host = new_host(root)
        for model in (first, second):
            converge(HostKernel(host, HostKernelSpec.parse(model)))
            subject = HostKernel(host, HostKernelSpec.parse(model))
            assert not subject.plan(subject.observe()).steps
        # nothing of the first model is left in the boot loader
        wanted = set(second["command_line"])
        entry = host.read("/boot/grub/grub.cfg").splitlines()[1].split()
        assert wanted <= set(entry)
        assert not (set(first["command_line"]) - wanted) & set(entry)
