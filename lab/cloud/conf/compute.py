"""nova: API, conductor, scheduler; a compute service for each host, and one for Ironic."""

from pathlib import Path
from typing import Any

from lab.cloud.conf.ini import account, behind_proxy, ini, peer, tokens
from lab.cloud.settings import LOOPBACK, Settings

#: The host of the nova-compute whose hypervisor is Ironic, as Kolla names it.
IRONIC_HOST = "control-1-ironic"
DRIVER = "lab_cloud.Driver"


def nova(settings: Settings, venv: Path) -> str:
    """Of the services that may ask the database."""
    return ini(
        {
            **common(settings, "control-1"),
            "api": {"auth_strategy": "keystone"},
            "wsgi": {"api_paste_config": venv / "etc/nova/api-paste.ini"},
            "api_database": {"connection": settings.database("nova_api")},
            "database": {"connection": settings.database("nova")},
            "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 30},
            "conductor": {"workers": 1},
            # a refresh for each request, not by messages of every change
            "filter_scheduler": {"track_instance_changes": False},
            "keystone_authtoken": tokens(settings, "nova"),
            "oslo_middleware": behind_proxy(),
        }
    )  # fmt: skip


def host(settings: Settings, name: str) -> str:
    """Of a compute host's own service; what the site says of its PCI devices comes beside it."""
    sections = common(settings, name)
    sections["DEFAULT"] |= {"compute_driver": DRIVER, "update_resources_interval": 30}
    return ini(sections)


def ironic_host(settings: Settings) -> str:
    sections = common(settings, IRONIC_HOST)
    sections["DEFAULT"] |= {
        "compute_driver": "ironic.IronicDriver",
        "force_config_drive": True,
        "sync_power_state_interval": -1,
        # how soon a node that became available can be scheduled to
        "update_resources_interval": 15,
    }
    sections["ironic"] = peer(settings, "ironic")
    sections["compute"] = {"resource_provider_association_refresh": 30}
    return ini(sections)


def common(settings: Settings, host: str) -> dict[str, dict[str, Any]]:
    return {
        "DEFAULT": {
            "host": host,
            "my_ip": LOOPBACK,
            "state_path": settings.home / "nova" / host,
            "transport_url": settings.messages,
            "service_down_time": 60,
        },
        "oslo_concurrency": {"lock_path": settings.home / "nova" / host / "locks"},
        "vnc": {"enabled": False},
        "service_user": {**account(settings, "nova"), "send_service_user_token": True},
        "placement": peer(settings, "nova"),
        "neutron": peer(settings, "nova"),
        "glance": peer(settings, "nova"),
        "keystone": peer(settings, "nova"),
    }
