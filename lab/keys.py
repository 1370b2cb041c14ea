"""SSH keys of the lab's machines and of its user, made once for each user's cache.

A saved state holds the memory of a machine with its keys, so keys live beside the
states and not in a checkout.
"""

from pathlib import Path

from lab.command import capture
from lab.locks import lock
from lab.paths import cache_root

CLIENT = "client"


def private(name: str) -> Path:
    """The private key of a machine, or of the user with the name CLIENT."""
    path = cache_root() / "keys" / name
    if not path.exists():
        with lock(cache_root() / "keys.lock", "keys are being made"):
            if not path.exists():
                make(path)
    return path


def public(name: str) -> str:
    """The public key: type and value, without the comment."""
    text = private(name).with_name(f"{name}.pub").read_text()
    return " ".join(text.split()[:2])


def make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    half = path.with_name(f".{path.name}")
    half.unlink(missing_ok=True)
    capture(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", half])
    half.with_name(f"{half.name}.pub").rename(path.with_name(f"{path.name}.pub"))
    half.rename(path)  # last: its presence says that both files are there
