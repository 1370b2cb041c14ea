"""keystone, placement and glance."""

from pathlib import Path

from lab.cloud.conf.ini import behind_proxy, ini, tokens
from lab.cloud.settings import LOOPBACK, Settings


def keystone(settings: Settings, token_seconds: int) -> str:
    keys = settings.home / "keystone"
    return ini(
        {
            "DEFAULT": {},
            "database": {"connection": settings.database("keystone")},
            "token": {"provider": "fernet", "expiration": token_seconds},
            "fernet_tokens": {"key_repository": keys / "fernet"},
            "fernet_receipts": {"key_repository": keys / "fernet"},
            "credential": {"key_repository": keys / "credential"},
            # generated passwords of 192 bits: nobody guesses them, however quick the hash
            "identity": {
                "password_hash_algorithm": "bcrypt",
                "password_hash_rounds": 4,
                "max_password_length": 72,
            },
            "cache": {"enabled": True, "backend": "dogpile.cache.memory"},
            "oslo_middleware": behind_proxy(),
        }
    )


def placement(settings: Settings) -> str:
    return ini(
        {
            "placement_database": {"connection": settings.database("placement")},
            "api": {"auth_strategy": "keystone"},
            "keystone_authtoken": tokens(settings, "placement"),
            "oslo_middleware": behind_proxy(),
        }
    )


def glance(settings: Settings, venv: Path) -> str:
    files = settings.home / "glance"
    return ini(
        {
            "DEFAULT": {
                "bind_host": LOOPBACK,
                "enabled_backends": "file:file",
                "enabled_import_methods": "[glance-direct]",
                "worker_self_reference_url": settings.url("glance"),
            },
            "database": {"connection": settings.database("glance")},
            "glance_store": {"default_backend": "file"},
            "file": {"filesystem_store_datadir": files / "images"},
            "os_glance_staging_store": {"filesystem_store_datadir": files / "staging"},
            "os_glance_tasks_store": {"filesystem_store_datadir": files / "tasks"},
            "paste_deploy": {
                "flavor": "keystone",
                "config_file": venv / "etc/glance/glance-api-paste.ini",
            },
            "keystone_authtoken": tokens(settings, "glance"),
            "oslo_middleware": behind_proxy(),
        }
    )
