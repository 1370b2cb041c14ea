"""Filters from the site model to what a layer needs; the work is in module_utils/site_model.

``site_model | host_datapath(site_host)`` and its like. A broken model is one line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible.errors import AnsibleFilterError

_HERE = str(Path(__file__).resolve().parents[1] / "module_utils")
if _HERE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_HERE)

from ansible.module_utils.site_model.derive import (  # noqa: E402
    attachments,
    bare_metal,
    cloud,
    cloud_objects,
    cloud_verify,
    cluster,
    datapath,
    deployment,
    federation,
    kernel,
    names,
    rdma,
    rdma_plugin,
    servers,
    verify,
)
from ansible.module_utils.site_model.inventory import broken_variables, folder_of  # noqa: E402
from ansible.module_utils.site_model.problems import ModelError  # noqa: E402
from ansible.module_utils.site_model.sections.clusters import servers_group  # noqa: E402
from ansible.module_utils.site_model.view import HostView, host_view, item, named, section  # noqa: E402

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
    return one_line(lambda site_model, site_host: derive(host_view(site_model, site_host)))


def for_cluster(derive: Callable[[Any], Any]) -> Callable[..., Any]:
    """A filter ``site_model | NAME(cluster)``."""
    return one_line(lambda site_model, name: derive(item(site_model, "site_clusters", name)))


def for_link(derive: Callable[[Any], Any]) -> Callable[..., Any]:
    """A filter ``site_model | NAME(link)``."""

    def filtered(site_model: Model, name: str) -> Any:
        links = section(site_model, "site_federation").links
        return derive(named(links, "link", name, ("site_federation", "links", name)))

    return one_line(filtered)


def host_verify(site_model: Model, site_host: Model, site_peers: Sequence[Model] = ()) -> Any:
    """``site_model | host_verify(site_host, peers)``; a peer is the ``site_host`` of another."""
    peers = [host_view(site_model, peer) for peer in site_peers]
    return verify.host_verify(host_view(site_model, site_host), peers)


def host_udev_names(view: HostView) -> dict[str, Any]:
    """What udev names the ports of all NICs by."""
    profiles = view.profiles.values()
    return {name: value for p in profiles for name, value in names.udev_names(p).items()}


def host_pod_networks(site_model: Model, site_host: Model) -> Any:
    """``site_model | host_pod_networks(site_host)``: second interfaces of pods by fabric."""
    name = host_cluster(site_model, site_host)["cluster"]
    found, fabrics = item(site_model, "site_clusters", name), section(site_model, "site_fabrics")
    return cluster.host_pod_networks(found, fabrics, host_view(site_model, site_host))


def host_pod_rdma(site_model: Model, site_host: Model) -> Any:
    """``site_model | host_pod_rdma(site_host)``: RDMA for pods of the host."""
    name = host_cluster(site_model, site_host)["cluster"]
    view = host_view(site_model, site_host)
    found, fabrics = item(site_model, "site_clusters", name), section(site_model, "site_fabrics")
    return cluster.host_pod_rdma(found, fabrics, view)


def rdma_plugin_objects(site_model: Model, name: str, image: str) -> Any:
    """``site_model | rdma_plugin_objects(cluster, image)``: the device plugin's objects."""
    groups, profiles = (section(site_model, f"site_{s}") for s in ("host_groups", "nic_profiles"))
    found = item(site_model, "site_clusters", name)
    objects = rdma_plugin.rdma_plugin_objects(found, groups, profiles, image)
    if objects and not image:
        raise AnsibleFilterError(
            "artifacts_cluster: rdma_plugin_image is missing; pin the device plugin's image there"
        )
    return objects


def host_cluster(site_model: Model, site_host: Model) -> dict[str, Any]:
    """``site_model | host_cluster(site_host)``: the cluster of which the host is a node."""
    clusters, domain = section(site_model, "site_clusters"), section(site_model, "site").domain
    return cluster.host_cluster(clusters, domain, host_view(site_model, site_host))


def host_pod_routes(site_model: Model, site_host: Model, others: Iterable[Model]) -> Any:
    """``site_model | host_pod_routes(site_host, others)``: by which node pods are reached.

    *others*: ``hostvars`` of the other nodes, not their ``site_host``: to template that of each
    would be most of the time that a node takes to join a large cluster.
    """
    own = host_cluster(site_model, site_host)
    found = item(site_model, "site_clusters", own["cluster"])
    known = (
        (int(each.get("site_host_index", 0)), str(each.get("ansible_host", ""))) for each in others
    )
    return cluster.pod_routes(found, own["cluster"], known)


def node_addresses(site_model: Model, site_hosts: Iterable[Model]) -> list[str]:
    """``site_model | node_addresses(hosts)``: by which the cluster knows these nodes."""
    return [host_cluster(site_model, host)["address"] for host in site_hosts]


def cluster_node_marks(site_model: Model, site_hosts: Iterable[Model]) -> list[dict[str, Any]]:
    """``site_model | cluster_node_marks(hosts)``: labels and taints of these nodes."""
    return cluster.node_marks(host_cluster(site_model, host) for host in site_hosts)


def federation_exchange(
    site_model: Model, hosts: Sequence[Model], authorities: Sequence[str]
) -> dict[str, Any]:
    """``site_model | federation_exchange(hosts, authorities)``: what the exchange takes.

    *hosts*: ``site_host`` of control planes; *authorities*: each one's cluster's CA, PEM or "".
    """
    site, clusters = section(site_model, "site"), section(site_model, "site_clusters")
    facts = {
        name: {"api": "", "ca": "", "issuer": cluster.issuer(name, each, site.domain)}
        for name, each in clusters.items()
    }
    for host, authority in zip(hosts, authorities, strict=True):
        node = host_cluster(site_model, host)
        known = facts[node["cluster"]]
        if not known["ca"]:
            address = node["control_plane_address"] or node["address"]
            known.update(api=f"{address}:6443", ca=authority)
    return federation.exchange_terms(site.name, section(site_model, "site_federation"), facts)


def federation_cluster(site_model: Model, name: str, states: Model) -> dict[str, Any]:
    """``site_model | federation_cluster(cluster, states)``: objects, issuers and tokens of one."""
    # here, because other playbooks need no engine
    from ansible.module_utils.federation.cluster import cluster_federation

    model = section(site_model, "site_federation")
    inside = federation.inside_networks(
        item(site_model, "site_clusters", name), section(site_model, "site_fabrics")
    )
    links, site = federation.federation_links(model), section(site_model, "site").name
    return cluster_federation(site, name, links, states, inside, model.administrators)


def federation_doctor(
    site_model: Model, name: str, states: Model, host: Model, authority: str
) -> dict[str, Any]:
    """``site_model | federation_doctor(cluster, states, site_host, authority)``: for the doctor.

    *site_host* of a control plane of the cluster; *authority*: the cluster's CA, PEM.
    """
    from ansible.module_utils.federation.doctor_terms import doctor_terms

    model = section(site_model, "site_federation")
    inside = federation.inside_networks(
        item(site_model, "site_clusters", name), section(site_model, "site_fabrics")
    )
    facts = federation_exchange(site_model, [host], [authority])["clusters"][name]
    return doctor_terms(
        section(site_model, "site").name, name, federation.federation_links(model), states, facts,
        inside, model.administrators,
    )  # fmt: skip


def network_vlan_ranges(site_model: Model) -> list[str]:
    """``site_model | network_vlan_ranges``."""
    return cloud.network_vlan_ranges(section(site_model, "site_fabrics"))


def cloud_deployment(site_model: Model, hosts: Iterable[Model]) -> Any:
    """``site_model | cloud_deployment(hosts)``: what Kayobe's configuration follows from.

    *hosts*: ``site_host`` of all of the site. None where the model has no deployment.
    """
    return deployment.deployment(site_model, hosts)


def where_readable(host: str, sources: Sequence[str]) -> str:
    """``'localhost' | site_where_readable(ansible_inventory_sources)``, for a play's ``hosts``.

    Ansible stops at the first file that it cannot read, without its name, and runs no task:
    then all that is wrong is said here.
    """
    for folder in _folders(sources):
        if broken_variables(folder):
            _refuse_errors(folder, always=True)
    return host


def where_valid(pattern: str, sources: Sequence[str], asked: bool = True) -> str:
    """``pattern | site_where_valid(ansible_inventory_sources)``, for a play's ``hosts``.

    A model with errors stops the play before any host is touched, also with ``--limit``, at no
    task's cost. Templates are playbooks/validate.yml's to resolve: what they stand for is
    not judged.
    """
    for folder in _folders(sources) if asked else ():
        _refuse_errors(folder)
    return pattern


def cluster_nodes(pattern: str, sources: Sequence[str], cluster: str = "") -> str:
    """``pattern | site_cluster_nodes(ansible_inventory_sources)``, for a play's ``hosts``.

    The groups whose hosts are nodes of clusters (or of *cluster*), out of *pattern*; no host if
    there are none.
    """
    groups: list[str] = []
    for found in _clusters(sources, cluster):
        pools = [found["control_plane"], *(found.get("workers") or {}).values()]
        groups += [group for pool in pools if (group := _group(pool))]
    return f"{':'.join(groups)}:&{pattern}" if groups else "!all"


def control_planes(pattern: str, sources: Sequence[str], cluster: str) -> str:
    """``pattern | site_control_planes(ansible_inventory_sources, cluster)``, for ``hosts``.

    An error where no cluster is named, unless the inventory has none (a look at the syntax).
    """
    found = _clusters(sources, cluster)
    if not cluster and found:
        raise AnsibleFilterError("say which cluster: the head of the playbook says how")
    return f"{_group(found[0]['control_plane'])}:&{pattern}" if found else "!all"


def cluster_workers(pattern: str, sources: Sequence[str], cluster: str) -> str:
    """``pattern | site_cluster_workers(ansible_inventory_sources, cluster)``: the other nodes."""
    planes = control_planes(pattern, sources, cluster).partition(":")[0]
    return planes if planes == "!all" else cluster_nodes(f"{pattern}:!{planes}", sources, cluster)


def _group(pool: Model) -> str:
    return str(pool.get("group") or servers_group(pool.get("servers") or ""))


def _clusters(sources: Sequence[str], only: str = "") -> list[dict[str, Any]]:
    # here, because other playbooks do not read the inventory themselves
    from ansible.module_utils.site_model.inventory import read_inventory
    from ansible.module_utils.site_model.source import Source

    found: dict[str, Any] = {}
    site = False
    for folder in _folders(sources):
        sections = read_inventory(folder, Source()).sections
        site = site or "site" in sections
        found |= sections.get("site_clusters") or {}
    if only and not site:
        return []  # a look at the syntax
    if only and only not in found:
        known = ", ".join(found) or "none"
        raise AnsibleFilterError(f"no cluster {only!r} in site_clusters; known: {known}")
    return [found[only]] if only else list(found.values())


def federated(pattern: str, sources: Sequence[str]) -> str:
    """``pattern | site_federated(ansible_inventory_sources)``, for a play's ``hosts``.

    Control planes of clusters, out of *pattern*, where the site has ``site_federation``.
    """
    from ansible.module_utils.site_model.inventory import read_inventory
    from ansible.module_utils.site_model.source import Source

    groups: list[str] = []
    for folder in _folders(sources):
        sections = read_inventory(folder, Source()).sections
        if sections.get("site_federation"):
            planes = [each["control_plane"] for each in sections["site_clusters"].values()]
            groups += [group for plane in planes if (group := _group(plane))]
    return f"{':'.join(groups)}:&{pattern}" if groups else "!all"


def _folders(sources: Sequence[str]) -> list[Path]:
    return list(dict.fromkeys(folder_of(source) for source in sources))


def _refuse_errors(folder: Path, *, always: bool = False) -> None:
    # here, because other playbooks need no rules
    from ansible.module_utils.site_model.validate import validate

    report = validate(folder)
    # without any section it is another inventory's folder, or none (a look at the syntax)
    no_site = ("missing-section", "inventory")
    if not always and all(error.rule in no_site for error in report.of("error")):
        return
    head = f"{folder.name}: {report.summary()}"
    raise AnsibleFilterError("\n".join([head, *report.lines()]))


class FilterModule:
    """The filters by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "host_datapath": for_host(datapath.host_datapath),
            "host_rdma": for_host(rdma.host_rdma),
            "host_kernel": for_host(kernel.host_kernel),
            "host_udev_names": for_host(host_udev_names),
            "host_verify": one_line(host_verify),
            "host_cluster": one_line(host_cluster),
            "cluster_node_marks": one_line(cluster_node_marks),
            "node_addresses": one_line(node_addresses),
            "host_pod_routes": one_line(host_pod_routes),
            "host_pod_networks": one_line(host_pod_networks),
            "host_pod_rdma": one_line(host_pod_rdma),
            "device_spec": for_host(cloud.device_spec),
            "bridge_mappings": for_host(cloud.bridge_mappings),
            "network_vlan_ranges": one_line(network_vlan_ranges),
            "cloud_projects": one_line(cloud_objects.projects),
            "cloud_networks": one_line(cloud_objects.networks),
            "cloud_routers": one_line(cloud_objects.routers),
            "cloud_security_groups": one_line(cloud_objects.security_groups),
            "cloud_flavors": one_line(cloud_objects.flavors),
            "cloud_image_recipes": one_line(cloud_objects.image_recipes),
            "cloud_images": one_line(cloud_objects.images),
            "cloud_deployment": one_line(cloud_deployment),
            "cloud_nodes": one_line(bare_metal.cloud_nodes),
            "cloud_servers": one_line(servers.cloud_servers),
            "cloud_verify": one_line(cloud_verify.cloud_verify),
            "cloud_servers_inventory": one_line(servers.cloud_servers_inventory),
            "fabric_objects": for_cluster(attachments.fabric_objects),
            "rdma_plugin_objects": one_line(rdma_plugin_objects),
            "rdma_resources": for_cluster(cluster.rdma_resources),
            "link_quota": for_link(federation.link_quota),
            "link_terms": for_link(federation.link_terms),
            "federation_exchange": one_line(federation_exchange),
            "federation_cluster": one_line(federation_cluster),
            "federation_doctor": one_line(federation_doctor),
            "site_where_readable": where_readable,
            "site_cluster_nodes": cluster_nodes,
            "site_control_planes": control_planes,
            "site_cluster_workers": cluster_workers,
            "site_federated": federated,
            "site_where_valid": where_valid,
        }
