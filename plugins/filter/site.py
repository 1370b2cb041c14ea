"""Filters from the site model to what a layer needs; the work is in module_utils/site_model.

``site_model | host_datapath(site_host)`` and its like. A broken model is one line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible.errors import AnsibleFilterError

_HERE = str(Path(__file__).resolve().parents[1] / "module_utils")
if _HERE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_HERE)

from ansible.module_utils.site_model.derive.datapath import host_datapath  # noqa: E402
from ansible.module_utils.site_model.derive.kernel import host_kernel  # noqa: E402
from ansible.module_utils.site_model.derive.names import udev_names  # noqa: E402
from ansible.module_utils.site_model.derive.rdma import host_rdma  # noqa: E402
from ansible.module_utils.site_model.derive.verify import host_verify  # noqa: E402
from ansible.module_utils.site_model.inventory import only_ansible_knows  # noqa: E402
from ansible.module_utils.site_model.problems import ModelError  # noqa: E402
from ansible.module_utils.site_model.view import HostView, host_view  # noqa: E402

Model = Mapping[str, Any]


def one_line(function: Callable[..., Any]) -> Callable[..., Any]:
    """A broken model as Ansible's own error, without a traceback."""

    @functools.wraps(function)
    def filtered(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except ModelError as error:
            raise AnsibleFilterError(f"site model: {error}") from None

    return filtered


def for_host(derive: Callable[[HostView], Any]) -> Callable[[Model, Model], Any]:
    """A filter ``site_model | NAME(site_host)``."""

    @one_line
    def filtered(site_model: Model, site_host: Model) -> Any:
        return derive(host_view(site_model, site_host))

    return filtered


@one_line
def verify(site_model: Model, site_host: Model, site_peers: Sequence[Model] = ()) -> Any:
    """``site_model | host_verify(site_host, peers)``; a peer is the ``site_host`` of another."""
    peers = [host_view(site_model, peer) for peer in site_peers]
    return host_verify(host_view(site_model, site_host), peers)


def inventory_hosts(
    sources: Sequence[str], groups: Mapping[str, Any], hostvars: Mapping[str, Any]
) -> list[Any] | None:
    """``ansible_inventory_sources | site_inventory_hosts(groups, hostvars)``.

    None where the hosts are in YAML files: site_validate reads them itself, with lines.
    """
    if not only_ansible_knows(sources):
        return None
    return [hostvars[name]["site_host"] for name in groups["all"]]


def host_udev_names(view: HostView) -> dict[str, Any]:
    return {name: value for p in view.profiles.values() for name, value in udev_names(p).items()}


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "host_datapath": for_host(host_datapath),
            "host_rdma": for_host(host_rdma),
            "host_kernel": for_host(host_kernel),
            "host_udev_names": for_host(host_udev_names),
            "host_verify": verify,
            "site_inventory_hosts": inventory_hosts,
        }
