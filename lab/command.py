"""Run commands: output to a log or captured, failures as one clear error."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab.errors import LabError


def capture(
    argv: Sequence[str | Path],
    *,
    stdin: str | None = None,
    timeout: float = 300,
    env: dict[str, str] | None = None,
) -> str:
    """Run a command and return what it printed; LabError with its last line if it fails."""
    done = attempt(argv, stdin=stdin, timeout=timeout, env=env)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        raise LabError(f"{line(argv)}: exit {done.returncode}: {words[-1]}")
    return done.stdout


def attempt(
    argv: Sequence[str | Path],
    *,
    stdin: str | None = None,
    timeout: float = 300,
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command that may fail; only its absence or a time-out is an error."""
    try:
        return subprocess.run(
            [str(word) for word in argv],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=env,
            check=False,
        )
    except FileNotFoundError as missing:
        raise LabError(f"{argv[0]}: not found; run: scripts/lab packages") from missing
    except subprocess.TimeoutExpired as late:
        raise LabError(f"{line(argv)}: no end after {timeout:.0f} s") from late


def logged(
    argv: Sequence[str | Path],
    log: Path,
    *,
    timeout: float = 3600,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> None:
    """Run a long command with all its output in a log; on failure show the log's end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(f"$ {line(argv)}\n".encode())
        output.flush()
        try:
            done = subprocess.run(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                cwd=cwd,
                env=env,
                check=False,
            )
        except FileNotFoundError as missing:
            raise LabError(f"{argv[0]}: not found; run: scripts/lab packages") from missing
        except subprocess.TimeoutExpired as late:
            raise LabError(f"{argv[0]}: no end after {timeout:.0f} s\n{tail(log)}") from late
    if done.returncode:
        raise LabError(f"{argv[0]}: exit {done.returncode}\n{tail(log)}")


def tail(log: Path, lines: int = 12) -> str:
    """The log's path and its last lines, for an error message."""
    try:
        end = log.read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        end = ["(empty)"]
    return "\n".join([f"log: {log}", *(f"  {text}" for text in end)])


def line(argv: Sequence[str | Path]) -> str:
    """A command as a person would see it, cut to one readable line."""
    text = " ".join(str(word) for word in argv)
    return text if len(text) <= 160 else text[:157] + "..."
