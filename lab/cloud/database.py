"""The databases: made once, saved, and given to an instance with secrets of its own.

A saved state has tables, roles, users and catalog as they are before any service has run. It
holds no secret: what made it used passwords that nobody kept, and `rekey` sets the instance's.
"""

import base64
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

from lab import network
from lab.cloud import catalog, infra
from lab.cloud.conf import base as base_conf
from lab.cloud.conf import compute
from lab.cloud.conf import network as network_conf
from lab.cloud.daemon import Daemon, end
from lab.cloud.services import Services
from lab.cloud.settings import CATALOG, LOOPBACK, PORTS, REGION, USERS, Settings, private
from lab.command import capture, logged
from lab.locks import lock
from lab.paths import cache_root
from lab.progress import say

FORMAT = 1
DATABASES = (
    "keystone", "placement", "glance", "nova", "nova_api", "nova_cell0", "neutron", "ironic",
)  # fmt: skip
HASHES = """\
import bcrypt, json, sys
words = json.load(sys.stdin)
hashed = {k: bcrypt.hashpw(v.encode(), bcrypt.gensalt(4)).decode() for k, v in words.items()}
print(json.dumps(hashed))
"""
HERE = Path(__file__)


class Throwaway(Settings):
    """The same instance with passwords that only its making knows."""

    @property
    def etc(self) -> Path:
        return self.home / "making"

    @cached_property
    def passwords(self) -> dict[str, str]:
        return {name: secrets.token_urlsafe(24) for name in (*USERS, "database", "messages")}


def key(venv_key: str) -> str:
    """A state fits the same services, MariaDB and way of making it."""
    sources = [HERE.read_bytes(), Path(catalog.__file__).read_bytes()]
    parts = [FORMAT, venv_key, capture(["mariadbd", "--version"]), CATALOG, USERS]
    whole = json.dumps(parts).encode() + b"\0".join(sources)
    return hashlib.sha256(whole).hexdigest()[:16]


def ensure(settings: Settings, venv: Path, hosts: Iterable[str]) -> None:
    """MariaDB runs, with the instance's databases; from the saved state if there are none."""
    data = settings.home / "mysql"
    ready = settings.home / "mysql-ready"
    if ready.exists():
        infra.start_database(settings)
        return
    saved = cache_root() / "states" / "cloud" / key(venv.name)
    if not saved.exists():
        with lock(saved.parent.with_suffix(".lock"), "the cloud's databases are being made"):
            if not saved.exists():
                make(Throwaway(settings.paths), venv, saved)
    os.utime(saved)  # the cache forgets what nobody uses
    end([infra.mariadb(settings)])
    shutil.rmtree(data, ignore_errors=True)
    data.parent.mkdir(parents=True, exist_ok=True)
    capture(["cp", "-a", "--reflink=auto", saved, data])
    infra.start_database(settings)
    rekey(settings, venv, hosts)
    ready.touch()


def make(settings: Settings, venv: Path, saved: Path) -> None:
    """Tables, roles, users and catalog, saved when MariaDB has ended."""
    say("making the cloud's databases")
    data = settings.home / "mysql"
    end([infra.mariadb(settings)])
    shutil.rmtree(data, ignore_errors=True)
    log = settings.paths.logs / "cloud" / "databases.log"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    install = ["--auth-root-authentication-method=socket", "--skip-test-db", "--user=root"]
    logged(["mariadb-install-db", "--no-defaults", f"--datadir={data}", *install], log)
    infra.start_database(settings)
    infra.sql(
        settings, "".join(f"CREATE DATABASE {name} CHARACTER SET utf8mb3;" for name in DATABASES)
    )
    infra.sql(settings, user(settings))
    try:
        tables(settings, venv, log)
        bootstrap(settings, venv, log)
    finally:
        shutil.rmtree(settings.etc, ignore_errors=True)
    infra.sql(settings, "DROP USER cloud@localhost;")
    end([infra.mariadb(settings)], patience=120)
    half = saved.with_name(f".{saved.name}")
    shutil.rmtree(half, ignore_errors=True)  # from a run that was cut
    half.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(data, half)
    half.rename(saved)


def tables(settings: Settings, venv: Path, log: Path) -> None:
    """Each service's, three rows of work side by side."""
    texts = {
        "keystone": base_conf.keystone(settings, 3600),
        "placement": base_conf.placement(settings),
        "glance": base_conf.glance(settings, venv),
        "nova": compute.nova(settings, venv),
        "neutron": network_conf.neutron(settings, venv),
        "ironic": network_conf.ironic(settings),
    }
    for name, text in texts.items():
        private(settings.etc / f"{name}.conf", text)
    write_keys(settings)

    def run(name: str, program: str, *words: str) -> None:
        command = [venv / "bin" / program, "--config-file", settings.etc / f"{name}.conf", *words]
        logged(command, log.with_name(f"databases-{name}.log"), env=environment(venv))

    def nova() -> None:
        run("nova", "nova-manage", "api_db", "sync")
        infra.sql(settings, cells(settings))
        run("nova", "nova-manage", "db", "sync")

    def others() -> None:
        run("keystone", "keystone-manage", "db_sync")
        run("placement", "placement-manage", "db", "sync")
        run("glance", "glance-manage", "db_sync")
        run("ironic", "ironic-dbsync", "create_schema")

    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(nova), pool.submit(others)]
        work.append(pool.submit(run, "neutron", "neutron-db-manage", "upgrade", "heads"))
        for each in work:
            each.result()


def bootstrap(settings: Settings, venv: Path, log: Path) -> None:
    """Roles, users and the catalog, through Keystone itself."""
    command = [venv / "bin/keystone-manage", "--config-file", settings.etc / "keystone.conf"]
    env = {**environment(venv), "OS_BOOTSTRAP_PASSWORD": settings.passwords["admin"]}
    logged([*command, "bootstrap", "--bootstrap-region-id", REGION], log, env=env)
    services = Services(settings, venv, {"hosts": {}})
    keystone = services.first()[0].daemon
    keystone = Daemon(settings.paths, "keystone-making", keystone.argv, keystone.env)
    keystone.start()
    try:
        port = PORTS["keystone"]
        infra.wait(keystone, lambda: infra.listens(settings, port))
        program = network.inside(settings.paths, [str(venv / "bin/python"), catalog.__file__])
        wanted = {
            "url": f"http://{LOOPBACK}:{port}/v3",
            "passwords": settings.passwords,
            "catalog": CATALOG,
        }
        wanted["region"] = REGION
        capture(program, stdin=json.dumps(wanted), env=environment(venv))
    finally:
        end([keystone])


def rekey(settings: Settings, venv: Path, hosts: Iterable[str]) -> None:
    """The instance's own passwords, keys and addresses in the restored databases."""
    words = {name: settings.passwords[name] for name in USERS}
    hashes = json.loads(capture([venv / "bin/python", "-c", HASHES], stdin=json.dumps(words)))
    statements = [user(settings), cells(settings)]
    for name, text in hashes.items():
        statements.append(
            "UPDATE keystone.password p JOIN keystone.local_user l ON p.local_user_id = l.id "
            f"SET p.password_hash = '{text}' WHERE l.name = '{name}';"
        )
    for service, (kind, _) in CATALOG.items():
        for interface in ("public", "internal"):
            url = settings.url(service, public=interface == "public")
            statements.append(
                "UPDATE keystone.endpoint e JOIN keystone.service s ON e.service_id = s.id "
                f"SET e.url = '{url}' WHERE s.type = '{kind}' AND e.interface = '{interface}';"
            )
    for host in hosts:  # else nova finds a new host only after a while
        statements.append(
            "INSERT INTO nova_api.host_mappings (created_at, cell_id, host) SELECT NOW(), id, "
            f"'{host}' FROM nova_api.cell_mappings WHERE name = 'cell1';"
        )
    infra.sql(settings, "\n".join(statements))
    write_keys(settings)


def user(settings: Settings) -> str:
    """The services' user of the database."""
    password = settings.passwords["database"]
    return (
        f"CREATE OR REPLACE USER cloud@localhost IDENTIFIED BY '{password}';"
        "GRANT ALL PRIVILEGES ON *.* TO cloud@localhost;"
    )


def cells(settings: Settings) -> str:
    """Nova's two cells: their databases' addresses have the password."""
    zero = "00000000-0000-0000-0000-000000000000"
    one = "00000000-0000-0000-0000-000000000001"
    rows = [
        (zero, "cell0", "none:///", settings.database("nova_cell0")),
        (one, "cell1", settings.messages, settings.database("nova")),
    ]
    statement = "REPLACE INTO nova_api.cell_mappings (created_at, id, uuid, name, transport_url, "
    statement += "database_connection, disabled) VALUES "
    values = (
        f"(NOW(), {number}, '{uuid}', '{name}', '{messages}', '{database}', 0)"
        for number, (uuid, name, messages, database) in enumerate(rows, 1)
    )
    return statement + ", ".join(values) + ";"


def write_keys(settings: Settings) -> None:
    """Keystone's keys for tokens and credentials: a staged one and the primary."""
    for kind in ("fernet", "credential"):
        folder = settings.home / "keystone" / kind
        if not folder.exists():
            for number in ("0", "1"):
                text = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
                private(folder / number, text)
            folder.chmod(0o700)


def environment(venv: Path) -> dict[str, Any]:
    return {
        "PATH": f"{venv / 'bin'}:{os.environ['PATH']}", "HOME": "/root", "PYTHONWARNINGS": "ignore",
    }  # fmt: skip
