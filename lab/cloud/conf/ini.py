"""Configuration files of OpenStack: sections of options, and what all services have in common."""

from collections.abc import Mapping
from typing import Any

from lab.cloud.settings import LOOPBACK, REGION, Settings

Section = Mapping[str, Any]


def ini(sections: Mapping[str, Section]) -> str:
    """The text; a list is an option that is there several times, a tuple one of several."""
    lines = []
    for name, options in sections.items():
        lines.append(f"[{name}]")
        for option, value in options.items():
            several = value if isinstance(value, list) else [value]
            lines += [f"{option} = {written(each)}" for each in several]
    return "\n".join(lines) + "\n"


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    # a password may have a dollar sign, which oslo.config takes for a reference
    return str(value).replace("$", "$$")


def account(settings: Settings, user: str) -> dict[str, Any]:
    """How a service is known to another: by its user in the project service."""
    return {
        "auth_type": "password",
        "auth_url": settings.url("keystone"),
        "username": user,
        "password": settings.passwords[user],
        "project_name": "service",
        "user_domain_id": "default",
        "project_domain_id": "default",
        "region_name": REGION,
        "cafile": settings.ca,
    }


def peer(settings: Settings, user: str) -> dict[str, Any]:
    """Another service's API, found in the catalog."""
    return {**account(settings, user), "valid_interfaces": "internal"}


def tokens(settings: Settings, user: str) -> dict[str, Any]:
    """``[keystone_authtoken]``: how a service checks who asks."""
    return {
        **account(settings, user),
        "www_authenticate_uri": settings.url("keystone", public=True),
        "memcached_servers": f"{LOOPBACK}:11211",
        "interface": "internal",
        "service_token_roles": "service",
        "service_token_roles_required": True,
        "token_cache_time": 30,
    }


def behind_proxy() -> dict[str, Any]:
    """``[oslo_middleware]``: links in answers name the address that was asked."""
    return {"enable_proxy_headers_parsing": True}
