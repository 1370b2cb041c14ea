"""What lets one more node join, made on a control plane: short-lived."""

from __future__ import annotations

import hashlib
import secrets
import ssl

from ..system import System
from .subject import ADMIN, KUBEADM

CA = "/etc/kubernetes/pki/ca.crt"
LIFETIME = "15m"


def join_credentials(system: System, control_plane: bool) -> dict[str, str]:
    """``{token, ca_certificate_hash, certificate_key}``; the key only for a control plane.

    Raises CommandError, or ValueError where the cluster's CA is not to be read.
    """
    token = system.run(
        KUBEADM, "token", "create", "--ttl", LIFETIME, "--kubeconfig", ADMIN,
        "--description", "made by Slipway for nodes that join",
    ).stdout.strip()  # fmt: skip
    key = ""
    if control_plane:
        key = secrets.token_hex(32)
        # by a file: an argument is seen by everybody on the host
        config = '{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"InitConfiguration",'
        config += f'"certificateKey":"{key}"}}'
        path = "/run/slipway/upload-certs.json"
        system.write_file(path, config, 0o600)
        try:
            system.run(KUBEADM, "init", "phase", "upload-certs", "--upload-certs", "--config", path)
        finally:
            system.remove(path)
    return {
        "token": token, "ca_certificate_hash": ca_hash(system), "certificate_key": key,
    }  # fmt: skip


def ca_hash(system: System) -> str:
    """``sha256:`` and the hash of the CA's public key, as kubeadm's discovery compares it."""
    text = system.read(CA)
    if text is None:
        raise ValueError(f"{CA} cannot be read: this host is no control plane")
    return "sha256:" + hashlib.sha256(public_key(ssl.PEM_cert_to_DER_cert(text))).hexdigest()


def public_key(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a DER certificate (RFC 5280, 4.1)."""
    _tag, start, _end = _element(certificate, 0)  # Certificate
    _tag, at, end = _element(certificate, start)  # TBSCertificate
    fields = []
    while at < end:
        tag, _content, after = _element(certificate, at)
        fields.append((tag, certificate[at:after]))
        at = after
    if fields[0][0] == 0xA0:  # version
        fields = fields[1:]
    return fields[5][1]  # serial, signature, issuer, validity, subject, then the key


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the element at *at*."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    return tag, start, start + length
