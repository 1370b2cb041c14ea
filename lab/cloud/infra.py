"""MariaDB, RabbitMQ and memcached of an instance, in its namespace and on its own loopback."""

import shutil
import time
from collections.abc import Callable

from lab import network
from lab.cloud.daemon import Daemon
from lab.cloud.settings import LOOPBACK, Settings, private
from lab.command import attempt, capture
from lab.errors import LabError

MESSAGES, NODES = 5672, 4369
#: Nothing here has to outlive a power cut of the machine.
MARIADB = [
    "--no-defaults", "--user=root", "--skip-networking", "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=128M",
    "--innodb-log-file-size=16M", "--performance-schema=OFF", "--max-connections=500",
]  # fmt: skip
RABBIT = """\
listeners.tcp.1 = {address}:{port}
default_user = cloud
default_pass = {password}
loopback_users = none
log.file = false
log.console = true
log.console.level = warning
"""


def mariadb(settings: Settings) -> Daemon:
    files = [
        f"--datadir={settings.home / 'mysql'}",
        f"--socket={settings.mysql}",
        f"--pid-file={settings.run / 'mariadbd.pid'}",
    ]
    return Daemon(settings.paths, "mariadb", ["mariadbd", *MARIADB, *files])


def epmd(settings: Settings) -> Daemon:
    """Erlang's list of nodes: RabbitMQ would start one that nobody ends."""
    return Daemon(settings.paths, "epmd", ["epmd", "-address", LOOPBACK])


def rabbitmq(settings: Settings) -> Daemon:
    home = settings.home / "rabbitmq"
    env = {
        "HOME": str(home),
        "RABBITMQ_NODENAME": "cloud@localhost",
        "RABBITMQ_CONFIG_FILE": str(settings.etc / "rabbitmq.conf"),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"
        ),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "RABBITMQ_DIST_PORT": "25672",
    }
    program = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    return Daemon(settings.paths, "rabbitmq", [program], env)


def memcached(settings: Settings) -> Daemon:
    argv = ["memcached", "-u", "nobody", "-l", LOOPBACK, "-p", "11211", "-m", "32"]
    return Daemon(settings.paths, "memcached", argv)


def messages(settings: Settings) -> list[Daemon]:
    """RabbitMQ and what is like it; asked to stop, it would start programs that stay."""
    return [rabbitmq(settings), epmd(settings), memcached(settings)]


def start_messages(settings: Settings) -> None:
    """RabbitMQ without what an earlier run left in it: services declare their queues anew."""
    memcached(settings).start()
    epmd(settings).start()
    wait(epmd(settings), lambda: listens(settings, NODES))
    if rabbitmq(settings).pid:
        return
    home = settings.home / "rabbitmq"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "plugins").write_text("[].\n")
    text = RABBIT.format(address=LOOPBACK, port=MESSAGES, password=settings.passwords["messages"])
    private(settings.etc / "rabbitmq.conf", text)
    rabbitmq(settings).start()


def start_database(settings: Settings) -> None:
    """MariaDB on the data that is there, answering."""
    daemon = mariadb(settings)
    daemon.start()
    wait(daemon, lambda: attempt(client(settings, "-e", "select 1")).returncode == 0)


def wait_for_messages(settings: Settings) -> None:
    wait(rabbitmq(settings), lambda: listens(settings, MESSAGES))


def listens(settings: Settings, port: int) -> bool:
    """Whether something listens on the namespace's loopback."""
    probe = ["bash", "-c", f"exec 3<>/dev/tcp/{LOOPBACK}/{port}"]
    return attempt(network.inside(settings.paths, probe)).returncode == 0


def client(settings: Settings, *arguments: str) -> list[str]:
    """mariadb as its administrator, who is known by being root."""
    return ["mariadb", "--no-defaults", "-uroot", f"--socket={settings.mysql}", *arguments]


def sql(settings: Settings, statements: str) -> str:
    """Run statements; rows by line, tabs between. They may have secrets, so they come by stdin."""
    return capture(client(settings), stdin=statements)


def wait(daemon: Daemon, answers: Callable[[], bool], seconds: float = 300) -> None:
    """Wait until a daemon answers; LabError with its log if it ends or does not."""
    until = time.monotonic() + seconds
    while not answers():
        daemon.require()
        if time.monotonic() > until:
            raise LabError(f"{daemon.name} of the cloud does not answer; its log: {daemon.log}")
        time.sleep(0.1)
