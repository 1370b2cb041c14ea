"""A host's files in memory, with a point before each change at which a test may cut."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass

from ansible.module_utils.converge import Clock
from ansible.module_utils.system import CommandError, Output, System


@dataclass(frozen=True)
class Link:
    """A symbolic link in the tree."""

    target: str


class MemorySystem(System):
    """Plain files in ``files``; kernel attributes come from ``kernel_tree`` of a subclass.

    before_change  called with a line before each change; tests raise Cut from it.
    seconds        how long the host has been asked to sleep.
    """

    def __init__(self) -> None:
        super().__init__("/")
        self.files: dict[str, str | Link] = {}
        self.before_change: Callable[[str], None] = lambda what: None
        self.ran: list[str] = []
        self.seconds = 0.0
        self.clock = Clock(now=lambda: self.seconds, sleep=self.sleep)
        self._tree: dict[str, str | Link] | None = None
        self._folders: dict[str, set[str]] = {}

    def kernel_tree(self) -> dict[str, str | Link]:
        """Path → content of what the kernel shows."""
        return {}

    def write_kernel(self, path: str, value: str) -> None:
        """A write to a path of the kernel's; OSError as the kernel gives it."""
        raise PermissionError(path)

    def execute(self, argv: tuple[str, ...], stdin: str) -> Output:
        """Run a command on the model."""
        return Output(127, "", f"{argv[0]}: not installed")

    def reads(self, argv: tuple[str, ...]) -> bool:
        """Whether a command only looks, so that it is no point to cut at."""
        return False

    def changed(self) -> None:
        """The model has changed: the tree is to be built anew."""
        self._tree = None

    def tree(self) -> dict[str, str | Link]:
        if self._tree is None:
            self._tree = {**self.files, **self.kernel_tree()}
            self._folders = {}
            for path in self._tree:
                while path != "/":
                    path, _, name = path.rpartition("/")
                    path = path or "/"
                    names = self._folders.setdefault(path, set())
                    if name in names:
                        break  # the rest of the way is known
                    names.add(name)
        return self._tree

    def resolve(self, path: str) -> str:
        """Follow links in the middle of a path, as virtfn0/net does."""
        parts = path.strip("/").split("/")
        at = ""
        for n, part in enumerate(parts):
            at = f"{at}/{part}"
            value = self.tree().get(at)
            if isinstance(value, Link) and n < len(parts) - 1:
                at = value.target
        return at

    def exists(self, path: str) -> bool:
        self.tree()
        path = self.resolve(path)
        return path in self.tree() or path in self._folders

    def read(self, path: str) -> str | None:
        value = self.tree().get(self.resolve(path))
        return value.rstrip() if isinstance(value, str) else None

    def link(self, path: str) -> str | None:
        value = self.tree().get(self.resolve(path))
        return value.target if isinstance(value, Link) else None

    def list(self, path: str) -> list[str]:
        self.tree()
        return sorted(self._folders.get(self.resolve(path), ()))

    def glob(self, pattern: str) -> list[str]:
        return [path for path in sorted(self.tree()) if fnmatch.fnmatchcase(path, pattern)]

    def write_attribute(self, path: str, value: str) -> None:
        path = self.resolve(path)
        self.before_change(f"{path} = {value}")
        self.ran.append(f"{path} = {value.strip()}")
        self.write_kernel(path, value.strip())
        self.changed()

    def write_file(self, path: str, text: str, mode: int = 0o644) -> None:
        self.before_change(f"write {path}")
        self.files[path] = text
        self.changed()

    def remove(self, path: str) -> None:
        if path in self.files:
            self.before_change(f"remove {path}")
            del self.files[path]
            self.changed()

    def run(
        self, *argv: str, check: bool = True, timeout: float = 120, stdin: str | None = None
    ) -> Output:
        if not self.reads(argv):
            self.before_change(" ".join(argv))
            self.ran.append(" ".join(argv) + (f" < {stdin.strip()}" if stdin else ""))
        output = self.execute(argv, stdin or "")
        if not self.reads(argv):
            self.changed()
        if check and output.status:
            raise CommandError(f"`{' '.join(argv)}` failed ({output.status}): {output.stderr}")
        return output

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
