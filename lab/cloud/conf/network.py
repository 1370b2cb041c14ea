"""neutron (API, agents) and ironic, without what the site model says."""

from pathlib import Path

from lab.cloud.conf.ini import behind_proxy, ini, peer, tokens
from lab.cloud.settings import LOOPBACK, PORTS, Settings


def neutron(settings: Settings, venv: Path) -> str:
    state = settings.home / "neutron"
    return ini(
        {
            "DEFAULT": {
                "core_plugin": "ml2",
                "service_plugins": "router,segments,trunk,qos",
                "auth_strategy": "keystone",
                "api_paste_config": venv / "etc/neutron/api-paste.ini",
                "state_path": state,
                "transport_url": settings.messages,
                "notify_nova_on_port_status_changes": False,
                "notify_nova_on_port_data_changes": False,
                "rpc_workers": 1,
                "rpc_state_report_workers": 0,
                "agent_down_time": 75,
            },
            # as Kolla-Ansible's own template has it
            "ml2": {"type_drivers": "flat,vlan,vxlan", "extension_drivers": "port_security,qos"},
            "database": {"connection": settings.database("neutron")},
            "oslo_concurrency": {"lock_path": state / "locks"},
            "nova": peer(settings, "nova"),
            "placement": peer(settings, "placement"),
            "keystone_authtoken": tokens(settings, "neutron"),
            "oslo_middleware": behind_proxy(),
        }
    )


def agent(settings: Settings, host: str, database: str, openflow: int) -> str:
    """The openvswitch agent of a host: its switch, in userspace; *openflow*: the agent's port."""
    state = settings.home / "neutron" / host
    return ini(
        {
            "DEFAULT": {
                "host": host,
                "state_path": state,
                "transport_url": settings.messages,
            },
            "oslo_concurrency": {"lock_path": state / "locks"},
            "ovs": {
                "ovsdb_connection": database,
                "of_listen_port": openflow,
                "datapath_type": "system",
            },
            "agent": {"root_helper": "env", "polling_interval": 5, "report_interval": 30},
        }
    )


def ironic(settings: Settings) -> str:
    """API and conductor in one process; nodes without hardware, or by Redfish."""
    state = settings.home / "ironic"
    enabled = {
        "hardware_types": "fake-hardware,redfish",
        "bios_interfaces": "fake,redfish,no-bios",
        "boot_interfaces": "fake,redfish-virtual-media,ipxe",
        "console_interfaces": "fake,no-console",
        "deploy_interfaces": "fake,direct",
        "firmware_interfaces": "fake,redfish,no-firmware",
        "inspect_interfaces": "fake,redfish,agent,no-inspect",
        "management_interfaces": "fake,redfish",
        "network_interfaces": "noop,flat,neutron",
        "power_interfaces": "fake,redfish",
        "raid_interfaces": "fake,redfish,agent,no-raid",
        "rescue_interfaces": "fake,no-rescue",
        "storage_interfaces": "noop,fake",
        "vendor_interfaces": "fake,redfish,no-vendor",
    }
    folders = ("http", "tftp", "images", "master_images", "tmp")
    for folder in folders:
        (state / folder).mkdir(parents=True, exist_ok=True)
    return ini(
        {
            "DEFAULT": {
                "state_path": state,
                "tempdir": state / "tmp",
                "rpc_transport": "none",
                "host": "control-1",
                "my_ip": LOOPBACK,
                "auth_strategy": "keystone",
                **{f"enabled_{name}": value for name, value in enabled.items()},
                "default_network_interface": "noop",
                # Nova's user: the role service in the project service
                "rbac_service_role_elevated_access": True,
            },
            "api": {
                "host_ip": LOOPBACK,
                "port": PORTS["ironic"],
                "api_workers": 1,
                "public_endpoint": settings.url("ironic", public=True),
                "enable_proxy_headers_parsing": True,
            },
            "conductor": {
                "workers_pool_size": 60,
                "sync_power_state_interval": 20,
                "automated_clean": True,
            },
            "deploy": {"http_root": state / "http", "http_url": f"http://{LOOPBACK}:8089"},
            "dhcp": {"dhcp_provider": "none"},
            "pxe": {
                "tftp_root": state / "tftp",
                "images_path": state / "images",
                "instance_master_path": state / "master_images",
            },
            "database": {"connection": settings.database("ironic")},
            "oslo_concurrency": {"lock_path": state / "locks"},
            "oslo_messaging_notifications": {"driver": "noop"},
            "service_catalog": peer(settings, "ironic"),
            "neutron": peer(settings, "ironic"),
            "glance": peer(settings, "ironic"),
            "nova": peer(settings, "ironic"),
            "agent": {"require_tls": False},
            "keystone_authtoken": tokens(settings, "ironic"),
            "oslo_middleware": behind_proxy(),
        }
    )
