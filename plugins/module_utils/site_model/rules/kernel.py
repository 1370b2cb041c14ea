"""Rules of a host group's kernel settings, as the host's own reader has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...host_kernel.arguments import POSITIONAL, conflicts
from ...host_kernel.arguments import key as name_of
from ...host_kernel.spec import HostKernelSpec, SpecError
from ..derive.kernel import command_line
from ..problems import Path, Problem
from ..view import HostView
from .report import error

_FIX = {
    "command_line": "Write each argument as an item of its own.",
    "modules": "Write the name that lsmod shows.",
    "sysctl": 'Write name: value, such as net.core.rmem_max: "67108864".',
    "limits": "Write it as in limits.conf; memlock in KiB, or unlimited.",
    "hugepages": "Write each size once.",
}


def check_kernel(view: HostView, path: Path) -> Iterator[Problem]:
    """All rules of the group's kernel settings; its keys are below *path*."""
    own, here = view.group.kernel, (*path, "kernel")
    parts: list[tuple[str, str | int | None, Any]] = [("hugepages", None, own.hugepages)]
    parts += [("command_line", n, [argument]) for n, argument in enumerate(own.command_line)]
    parts += [("modules", n, [module]) for n, module in enumerate(own.modules)]
    parts += [("limits", n, [limit]) for n, limit in enumerate(own.limits)]
    parts += [("sysctl", name, {name: value}) for name, value in own.sysctl.items()]
    for key, place, value in parts:
        try:
            HostKernelSpec.parse({key: _plain(value)})
        except SpecError as wrong:
            where = (*here, key) if place is None else (*here, key, place)
            message = str(wrong).partition(": ")[2]
            yield error("kernel-value", where, message, _FIX[key])
    for number, argument in enumerate(own.command_line):
        if own.hugepages and name_of(argument) in POSITIONAL:
            message = "reserves huge pages beside hugepages"
            fix = "Write all pools in hugepages."
            where = (*here, "command_line", number)
            yield error("command-line", where, message, fix, argument)
    for first, second in conflicts(command_line(view)):
        wrong = second if second in own.command_line else first
        number = own.command_line.index(wrong)
        message = f"cannot hold beside {first if wrong == second else second}"
        fix = "Remove one of them; what NICs and RDMA need is added by itself."
        yield error("command-line", (*here, "command_line", number), message, fix)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [item if isinstance(item, str) else item.model_dump() for item in value]
    return value
