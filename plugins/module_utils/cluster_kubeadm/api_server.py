"""The API server's settings: arguments for kubeadm, and the files that they name.

All files are JSON, which is YAML: a node reads them with the standard library.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import Any

from ..system import System
from .paths import KEYS, PKI
from .spec import KubeadmSpec

FOLDER = "/etc/kubernetes/slipway"
AUDIT, ADMISSION = f"{FOLDER}/audit.json", f"{FOLDER}/admission.json"
AUTHENTICATION, ENCRYPTION = f"{FOLDER}/authentication.json", f"{FOLDER}/encryption.json"
AUDIT_LOG = "/var/log/kubernetes/audit"
#: In the API server's environment: a hash of what it reads only when it starts.
SETTINGS = "SLIPWAY_SETTINGS"
#: Who is nobody may ask for these only: health, and the keys of service accounts.
ANONYMOUS_PATHS = (
    "/livez", "/readyz", "/healthz", "/.well-known/openid-configuration", "/openid/v1/jwks",
)  # fmt: skip
# asked all day long by the cluster itself, and said nothing by
_SILENT = (
    {"level": "None", "nonResourceURLs": ["/livez*", "/readyz*", "/healthz*", "/version"]},
    {"level": "None", "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}],
     "userGroups": ["system:nodes", "system:serviceaccounts:kube-system"]},
    {"level": "None", "resources": [{"group": "", "resources": ["events"]}]},
)  # fmt: skip


def arguments(spec: KubeadmSpec) -> dict[str, str]:
    """Flags of kube-apiserver beside kubeadm's own."""
    found = {
        "admission-control-config-file": ADMISSION,
        "audit-log-maxage": str(spec.audit_days),
        "audit-log-maxbackup": str(spec.audit_files),
        "audit-log-maxsize": str(spec.audit_mebibytes),
        "audit-log-path": f"{AUDIT_LOG}/audit.log",
        "audit-policy-file": AUDIT,
        "authentication-config": AUTHENTICATION,
        "encryption-provider-config": ENCRYPTION,
        "encryption-provider-config-automatic-reload": "true",
    }
    if spec.issuer:
        # whoever trusts the issuer finds its keys where the API server is, not at the issuer's name
        found["service-account-issuer"] = spec.issuer
        found["service-account-jwks-uri"] = f"https://{spec.endpoint}/openid/v1/jwks"
    return found


def for_kubeadm(spec: KubeadmSpec) -> dict[str, Any]:
    """``apiServer`` of a ClusterConfiguration."""
    extra = [{"name": name, "value": value} for name, value in sorted(arguments(spec).items())]
    return {
        "extraArgs": extra,
        "extraEnvs": [{"name": SETTINGS, "value": settings_hash(spec)}],
        # the folder, not the files: these are replaced whole
        "extraVolumes": [
            {"name": "slipway", "hostPath": FOLDER, "mountPath": FOLDER, "readOnly": True,
             "pathType": "DirectoryOrCreate"},
            {"name": "audit", "hostPath": AUDIT_LOG, "mountPath": AUDIT_LOG, "readOnly": False,
             "pathType": "DirectoryOrCreate"},
        ],
    }  # fmt: skip


def settings_hash(spec: KubeadmSpec) -> str:
    """Of the arguments and of the files that are read once."""
    whole = json.dumps([arguments(spec), started_with()], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def started_with() -> dict[str, str]:
    """{path: text} of the files that the API server reads when it starts."""
    policy = {
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
        # who did what, never a body: those of secrets and tokens are secret
        "rules": [*_SILENT, {"level": "Metadata"}],
    }  # fmt: skip
    pods = {
        "apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration",
        "defaults": {
            f"{mode}{suffix}": value
            for mode, level in (("enforce", "baseline"), ("audit", "restricted"),
                                ("warn", "restricted"))
            for suffix, value in (("", level), ("-version", "latest"))
        },
        "exemptions": {"usernames": [], "runtimeClasses": [], "namespaces": ["kube-system"]},
    }  # fmt: skip
    admission = {
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
        "plugins": [{"name": "PodSecurity", "configuration": pods}],
    }  # fmt: skip
    return {AUDIT: _text(policy), ADMISSION: _text(admission)}


def authentication(jwt: Sequence[Any] = ()) -> str:
    """The structured authentication: *jwt* issuers that are trusted, and what nobody may ask for.

    *jwt* is the list of that name in AuthenticationConfiguration. The API server takes a changed
    file within seconds.
    """
    found: dict[str, Any] = {
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration",
        "anonymous": {
            "enabled": True, "conditions": [{"path": path} for path in ANONYMOUS_PATHS],
        },
    }  # fmt: skip
    if jwt:
        found["jwt"] = list(jwt)
    return _text(found)


def trusted(text: str | None) -> list[Any]:
    """``jwt`` of a file that ``authentication`` has written; empty if it is not to be read."""
    try:
        found = json.loads(text or "{}").get("jwt", [])
    except (ValueError, AttributeError):
        return []
    return found if isinstance(found, list) else []


def new_encryption() -> str:
    """Secrets are stored under a new key (XSalsa20 and Poly1305, 256 bit)."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return _text(
        {
            "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
            "resources": [
                {"resources": ["secrets"],
                 "providers": [{"secretbox": {"keys": [{"name": "key1", "secret": key}]}},
                               {"identity": {}}]},
            ],
        }
    )  # fmt: skip


def begin(system: System) -> None:
    """All files of a cluster that begins. A key that is there stays: secrets may be under it."""
    given = {ENCRYPTION: system.read(ENCRYPTION) or new_encryption(),
             AUTHENTICATION: authentication(trusted(system.read(AUTHENTICATION)))}  # fmt: skip
    receive(system, given)


def receive(system: System, given: dict[str, str]) -> None:
    """All files, of them *given* what another control plane has handed over."""
    for path, text in {**started_with(), **given}.items():
        system.write_file(path, text, 0o644 if path.endswith((".crt", ".pub")) else 0o600)


def hand_over(system: System) -> dict[str, str]:
    """{path: text} of what all control planes share and nobody can derive. Holds secret keys."""
    shared = (ENCRYPTION, AUTHENTICATION, *(f"{PKI}/{name}" for name in KEYS))
    found = {path: system.read(path) for path in shared}
    missing = [path for path, text in found.items() if text is None]
    if missing:
        raise ValueError(f"{', '.join(missing)}: missing on this control plane")
    return {path: f"{text}\n" for path, text in found.items()}


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1, sort_keys=True) + "\n"
