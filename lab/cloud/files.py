"""All files of an instance's cloud: the services', and those for whoever uses it."""

import shutil
import uuid
from pathlib import Path
from typing import Any

from lab.cloud import sysfs, tls
from lab.cloud.conf import base, compute, network
from lab.cloud.settings import REGION, Settings, private

CLOUD = """\
  {name}:
    region_name: {region}
    interface: public
    cacert: {ca}
    auth:
      auth_url: {url}
      username: {user}
      password: {password}
      user_domain_id: default
      {scope}
"""
PROJECT = "project_name: admin\n      project_domain_id: default"
OPENRC = """\
export OS_CLIENT_CONFIG_FILE={home}/clouds.yaml
export OS_CLOUD=slipway
"""


def write(settings: Settings, venv: Path, facts: dict[str, Any]) -> None:
    """Configuration, certificates, sysfs trees and credentials; nobody but root reads them."""
    etc = settings.etc
    tls.ensure(settings)
    texts = {
        "haproxy.cfg": tls.configuration(settings),
        "keystone.conf": base.keystone(settings, settings.choices["token_seconds"]),
        "placement/placement.conf": base.placement(settings),
        "glance/glance-api.conf": base.glance(settings, venv),
        "nova/nova.conf": compute.nova(settings, venv),
        "nova-compute-ironic.conf": compute.ironic_host(settings),
        "neutron.conf": network.neutron(settings, venv),
        "ironic.conf": network.ironic(settings),
    }
    for number, host in enumerate(facts["hosts"]):
        socket = f"unix:{settings.run / host / 'db.sock'}"
        texts[f"neutron-agent-{host}.conf"] = network.agent(settings, host, socket, 6640 + number)
        texts[f"nova-compute-{host}.conf"] = compute.host(settings, host)
        sysfs.ensure(settings.home, host, facts["hosts"][host]["ports"])
        identity(settings, host)
    for name, text in texts.items():
        private(etc / name, text)
    link(etc / "nova/api-paste.ini", venv / "etc/nova/api-paste.ini")
    shutil.rmtree(settings.home / "overlay", ignore_errors=True)
    for name, text in facts["files"].items():
        private(settings.home / "overlay" / name, text)
    (settings.home / "nova" / compute.IRONIC_HOST).mkdir(parents=True, exist_ok=True)
    for_users(settings)


def link(path: Path, target: Path) -> None:
    """Nova looks for it beside its configuration only."""
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def identity(settings: Settings, host: str) -> None:
    """The host's node in Nova: without it a start that failed leaves a host that never starts."""
    path = settings.home / "nova" / host / "compute_id"
    if not path.exists():
        private(path, f"{uuid.uuid5(uuid.NAMESPACE_DNS, f'{host}.{settings.paths.tag}')}\n")


def for_users(settings: Settings) -> None:
    """clouds.yaml: the kit's user (roles admin and service; of the system), and a plain admin."""
    entries = (
        ("slipway", "slipway", PROJECT),
        ("slipway-system", "slipway", "system_scope: all"),
        ("admin", "admin", PROJECT),
    )
    text = "clouds:\n"
    for name, user, scope in entries:
        text += CLOUD.format(
            name=name, user=user, scope=scope, region=REGION, ca=settings.ca,
            url=settings.url("keystone", public=True), password=settings.passwords[user],
        )  # fmt: skip
    private(settings.home / "clouds.yaml", text)
    private(settings.home / "openrc", OPENRC.format(home=settings.home))
