"""The instance's certificate authority, its one certificate, and haproxy in front of the APIs."""

from lab.cloud.daemon import Daemon
from lab.cloud.settings import LOOPBACK, PORTS, Settings, private
from lab.command import capture

#: Where the fault proxy listens for each service (lab/cloud/faults.py).
FAULT_OFFSET = 10000
DAYS = "3650"
CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", DAYS]

TOP = """\
global
  maxconn 2000
  stats socket {socket} mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 10m
  timeout server 10m
  option http-server-close
  option forwardfor
"""
# 502 without a body: the client sees a connection that was cut, as the fault proxy means it
SERVICE = """\
frontend public-{name}
  bind {public}:{port} ssl crt {certificate}
  http-request set-header X-Forwarded-Proto https
  default_backend public-{name}
backend public-{name}
  errorfile 502 /dev/null
  server direct {loopback}:{port} namespace {netns}
  server faults {loopback}:{faults} namespace {netns} disabled
frontend internal-{name}
  bind {internal}:{port} namespace {netns} ssl crt {certificate}
  http-request set-header X-Forwarded-Proto https
  default_backend internal-{name}
backend internal-{name}
  server direct {loopback}:{port} namespace {netns}
"""


def ensure(settings: Settings) -> None:
    """CA and certificate, unless they are there; nobody keeps the CA's key."""
    certificate = settings.home / "haproxy.pem"
    if settings.ca.exists() and certificate.exists():
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    work = settings.home / "tls"
    work.mkdir(mode=0o700, exist_ok=True)
    names = f"subjectAltName=IP:{settings.public},IP:{settings.internal}"
    try:
        capture(
            ["openssl", "req", "-x509", *CURVE, "-keyout", work / "ca.key", "-out", settings.ca,
             "-subj", f"/CN=lab {settings.paths.instance}",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        )  # fmt: skip
        capture(
            ["openssl", "req", "-x509", *CURVE, "-keyout", work / "key", "-out", work / "cert",
             "-subj", "/CN=lab cloud", "-CA", settings.ca, "-CAkey", work / "ca.key",
             "-addext", names, "-addext", "basicConstraints=critical,CA:FALSE"]
        )  # fmt: skip
        private(certificate, (work / "cert").read_text() + (work / "key").read_text())
    finally:
        for file in work.iterdir():
            file.unlink()
        work.rmdir()


def configuration(settings: Settings) -> str:
    """haproxy's; it has sockets in the root namespace and in the instance's."""
    parts = [TOP.format(socket=settings.run / "haproxy.sock")]
    for name, port in PORTS.items():
        parts.append(
            SERVICE.format(
                name=name, port=port, public=settings.public, internal=settings.internal,
                netns=settings.paths.netns, certificate=settings.home / "haproxy.pem",
                loopback=LOOPBACK, faults=port + FAULT_OFFSET,
            )
        )  # fmt: skip
    return "".join(parts)


def haproxy(settings: Settings) -> Daemon:
    path = str(settings.etc / "haproxy.cfg")
    return Daemon(settings.paths, "haproxy", ["haproxy", "-db", "-f", path], mark=path)
