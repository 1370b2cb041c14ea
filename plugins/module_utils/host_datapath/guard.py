"""Confirm or roll back: a host that loses its controller by a change undoes the change itself.

    arm        saves what was, once; the change is "applying"
    applied    the change is done; a timer runs: confirm in time
    confirm    the record goes, the timer stops
    roll_back  all comes back: after the timer, a failed step, or a reboot

The record lies on disk, so that it outlives every process and a reboot. Each move takes
the lock, so that a confirmation and the timer cannot both win.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from ..system import System
from . import boot, snapshot
from .spec import Spec

FOLDER = os.path.dirname(boot.PENDING)
LAST = f"{FOLDER}/last.json"
LOCK = "/run/slipway/lock"
TIMER = "slipway-guard-expiry"
APPLY_UNIT = "slipway-datapath-apply"
#: Seconds that applying a plan may take; then it is undone.
APPLY_LIMIT = 900
#: Seconds that a run waits for another one.
PATIENCE = 600
APPLYING, APPLIED, UNDOING = "applying", "applied", "undoing"

Record = dict[str, Any]


class GuardError(RuntimeError):
    """The guard refuses, in words for the operator."""


class Guard:
    """The guard of one host."""

    def __init__(self, system: System) -> None:
        self.system = system

    def log(self, message: str) -> None:
        """To the journal, when a unit runs this; else to the terminal."""
        print(f"slipway-guard: {message}", flush=True)

    # the record

    def pending(self) -> Record | None:
        """The change that waits for its end. GuardError if the record is damaged."""
        return self._read(boot.PENDING)

    def last(self) -> Record | None:
        """How the last guarded change ended; None if there was none or it is unreadable."""
        try:
            return self._read(LAST)
        except GuardError:
            return None

    def news(self) -> str | None:
        """The roll-back that no run has reported yet, in one sentence."""
        last = self.last()
        if last is None or last["outcome"] != "rolled back" or last["reported"]:
            return None
        return describe(last)

    def reported(self) -> None:
        """The news has been passed on."""
        last = self.last()
        if last is not None and not last["reported"]:
            self._write(LAST, {**last, "reported": True})

    # the moves; each needs the lock

    def arm(self, desired: dict[str, Any], connection: str = "") -> Record:
        """Save what a change to *desired* may touch, and start the clock. Returns the record.

        A change that is pending already is taken over: its saved state stays.
        """
        spec = Spec.from_dict(desired)
        try:
            former = self.pending()
        except GuardError as error:
            # nothing can be brought back from it, and it must not bar the host for ever
            self.log(f"{error}: left aside")
            former = None
        if former:
            saved = snapshot.add(self.system, former["saved"], spec)
        else:
            saved = snapshot.take(self.system, spec, connection)
        record = {
            "change": former["change"] if former else f"{time.time_ns():x}",
            "state": APPLYING,
            "since": _now(),
            "boot": self._boot(),
            "desired": desired,
            "saved": saved,
            "connections": [connection] if connection else [],
            "runs": former["runs"] + 1 if former else 1,
            "result": None,
        }
        boot.write_guard_units(self.system)
        self._write(boot.PENDING, record)
        self._start_timer(record, APPLY_LIMIT + spec.confirm_timeout)
        return record

    def launch(self, record: Record) -> None:
        """Apply in a unit of the host: no connection's end, no controller's death stops it."""
        command = (boot.COMMAND, "apply", "--change", record["change"])
        properties = (f"RuntimeMaxSec={APPLY_LIMIT}", f"ExecStopPost={_undo(record, 'died')}")
        words = [w for p in properties for w in ("--property", p)]
        self.system.run(
            "systemd-run", "--quiet", "--collect", "--unit", APPLY_UNIT, *words, *command
        )

    def applied(self, change: str, result: dict[str, Any] | None) -> Record:
        """The change is done: from now on the model's time to confirm it runs."""
        record = self._the(change)
        record = {**record, "state": APPLIED, "result": result, "since": _now()}
        self._write(boot.PENDING, record)
        self._start_timer(record, _timeout(record))
        return record

    def confirm(self, change: str = "", connection: str = "") -> Record:
        """Keep the change. GuardError if it is over, unfinished, or *connection* proves nothing."""
        record = self.pending()
        if record is None:
            last = self.last()
            if last and last["outcome"] == "rolled back" and change in ("", last["change"]):
                raise GuardError(describe(last))
            if last and last["change"] == change:
                return last
            raise GuardError("no change of the network waits for confirmation")
        if change and change != record["change"]:
            raise GuardError("another run has made a newer change, which is to confirm its own")
        if record["state"] != APPLIED:
            raise GuardError(f"the change cannot be confirmed: it is still {record['state']}")
        if connection and connection in record["connections"]:
            raise GuardError(
                "the connection is the one from before the change; only a new one proves "
                "that the host can still be reached"
            )
        return self._close(record, "confirmed", "", [])

    def roll_back(self, reason: str, *, change: str = "", unless: str = "") -> Record | None:
        """Bring back what was. None if there is nothing (any more) to undo.

        *change*: only that one; *unless*: not in this state of the record.
        """
        record = self.pending()
        if record is None or (change and change != record["change"]) or record["state"] == unless:
            return None
        self.log(f"undoing the change of {record['since']}: {reason}")
        record = {**record, "state": UNDOING, "reason": reason}
        self._write(boot.PENDING, record)
        saved, new = record["saved"], Spec.from_dict(record["desired"])
        changed = snapshot.restore_files(self.system, saved)
        # the way back in first; reloading units takes systemd seconds
        problems = snapshot.restore_network(self.system, saved, new, changed, self.log)
        snapshot.reload_units(self.system, changed)
        problems += snapshot.restore_rest(self.system, saved, new, self.log)
        return self._close(record, "rolled back", reason, problems)

    def at_boot(self) -> Record | None:
        """Before the network: the files come back. A reboot is no confirmation."""
        record = self.pending()
        if record is None or record["boot"] == self._boot():
            return None
        self.log(f"undoing the change of {record['since']}: not confirmed before the reboot")
        changed = snapshot.restore_files(self.system, record["saved"])
        if any(path.startswith("/etc/netplan/") for path in changed):
            self.system.run("netplan", "generate", check=False)
        record = {**record, "state": UNDOING, "restored": changed}
        self._write(boot.PENDING, record)
        return record

    def after_boot(self) -> Record | None:
        """With the network: the rest."""
        record = self.pending()
        if record is None or record["boot"] == self._boot():
            return None
        saved, new = record["saved"], Spec.from_dict(record["desired"])
        snapshot.reload_units(self.system, record.get("restored", ()))
        problems = snapshot.restore_management(self.system, saved, self.log)
        problems += snapshot.restore_rest(self.system, saved, new, self.log)
        return self._close(record, "rolled back", "not confirmed before the reboot", problems)

    @contextlib.contextmanager
    def lock(self, what: str, patience: float = PATIENCE) -> Iterator[None]:
        """One run at a time. GuardError after *patience* seconds, naming who holds it."""
        path = self.system.path(LOCK)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a+", encoding="utf-8") as handle:
            waited = 0.0
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if waited >= patience:
                        handle.seek(0)
                        holder = handle.read().strip() or "another run"
                        message = f"{holder} is at work on this host; waited {patience:g} s for it"
                        raise GuardError(message) from None
                self.system.sleep(0.5)
                waited += 0.5
            handle.truncate(0)
            handle.write(f"{what} (process {os.getpid()}, since {_now()})")
            handle.flush()
            yield

    def await_end_of_apply(self, patience: float = APPLY_LIMIT) -> Record | None:
        """Wait, without the lock, until no unit applies or undoes; returns the record then."""
        waited = 0.0
        while True:
            record = self.pending()
            busy = record is not None and record["state"] != APPLIED and self._at_work()
            if not busy:
                return record
            if waited >= patience:
                raise GuardError(f"the host still applies a change after {patience:g} s")
            self.system.sleep(0.5)
            waited += 0.5

    # below

    def _at_work(self) -> bool:
        units = (f"{APPLY_UNIT}.service", f"{TIMER}.service", boot.GUARD_LATE)
        shown = self.system.run("systemctl", "is-active", *units, check=False).stdout.split()
        return any(state in ("active", "activating", "deactivating") for state in shown)

    def _start_timer(self, record: Record, seconds: int) -> None:
        self._stop_timer()
        argv = ["systemd-run", "--quiet", "--collect", "--unit", TIMER]
        argv += [f"--on-active={seconds}s", "--timer-property=AccuracySec=1s"]
        # undoing is tried until it is done
        argv += ["--property=Restart=on-failure", "--property=RestartSec=10"]
        self.system.run(*argv, *_undo(record, "expired").split())

    def _stop_timer(self) -> None:
        self.system.run("systemctl", "stop", f"{TIMER}.timer", check=False)

    def _close(self, record: Record, outcome: str, reason: str, problems: list[str]) -> Record:
        last = {
            "change": record["change"],
            "since": record["since"],
            "outcome": outcome,
            "at": _now(),
            "reason": reason,
            "problems": problems,
            "result": record.get("result"),
            "reported": outcome == "confirmed",
        }
        self._write(LAST, last)
        self.system.remove(boot.PENDING)
        self.log(describe(last))
        self._stop_timer()
        return last

    def _the(self, change: str) -> Record:
        record = self.pending()
        if record is None or record["change"] != change:
            raise GuardError(f"change {change} is no longer pending")
        return record

    def _boot(self) -> str:
        return self.system.read("/proc/sys/kernel/random/boot_id") or ""

    def _read(self, path: str) -> Record | None:
        text = self.system.read(path)
        if text is None:
            return None
        try:
            record = json.loads(text)
            record["change"], record["since"]
        except (ValueError, TypeError, KeyError):
            raise GuardError(f"{path} is damaged") from None
        return record

    def _write(self, path: str, record: Record) -> None:
        self.system.write_file(path, json.dumps(record, indent=1) + "\n", 0o600)


def describe(last: Record) -> str:
    """How a change ended, in one sentence."""
    if last["outcome"] == "confirmed":
        return f"the change of {last['since']} was confirmed at {last['at']}"
    text = f"the change of {last['since']} was rolled back at {last['at']}: {last['reason']}"
    return text + (f"; {'; '.join(last['problems'])}" if last["problems"] else "")


def _undo(record: Record, cause: str) -> str:
    return f"{boot.COMMAND} rollback --change {record['change']} --cause {cause}"


def _timeout(record: Record) -> int:
    return Spec.from_dict(record["desired"]).confirm_timeout


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z")
