"""A flat apt repository: the Packages index of a directory of .deb files.

Also run by file name from the build hook, hence without imports from the lab.
"""

import hashlib
import subprocess
import sys
from pathlib import Path


def index(directory: Path) -> str:
    """The Packages file: each package's control fields, name, size and hash."""
    return "\n".join(stanza(deb) for deb in sorted(directory.glob("*.deb")))


def stanza(deb: Path) -> str:
    control = subprocess.run(
        ["dpkg-deb", "--field", deb], capture_output=True, text=True, check=True
    ).stdout
    digest = hashlib.sha256(deb.read_bytes()).hexdigest()
    size = deb.stat().st_size
    return f"{control.rstrip()}\nFilename: ./{deb.name}\nSize: {size}\nSHA256: {digest}\n"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    (target / "Packages").write_text(index(target))
