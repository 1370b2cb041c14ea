"""``slipway-datapath``: a host's datapath for people at its console, and for its boot units.

exit status
  0  done; in order; nothing to do
  1  failed: a step, a check, a confirmation; status: the gate is closed
  2  cannot begin: arguments, not root, desired state missing or malformed
  3  plan: there is something to do
  4  refused by a rule; nothing was changed
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ..converge import ConvergeError
from ..ssh_connection import ssh_connection
from ..system import System
from . import runs, show
from .guard import Guard, GuardError
from .paths import AFTER_NETWORK, BEFORE_NETWORK, SPEC
from .spec import Spec, SpecError
from .status import status

DONE, FAILED, CANNOT, TO_DO, REFUSED = range(5)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="slipway-datapath",
        description=__doc__,
        epilog="slipway-datapath rdma --help: RDMA links and settings",
        formatter_class=argparse.RawTextHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="for programs")
    common.add_argument("--desired", default=SPEC, metavar="FILE", help=f"default {SPEC}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[common])

    add("status", "what runs, whether the gate is open, how the last change ended")
    add("plan", "what differs from the desired state, and the steps to it; changes nothing")
    add("verify", "prove the datapath, check by check")
    apply = add("apply", "bring the host to its desired state")
    apply.add_argument("--change", default="", help=argparse.SUPPRESS)
    add("confirm", "keep the change that waits for it").add_argument("--change", default="")
    rollback = add("rollback", "undo the change that waits for confirmation")
    rollback.add_argument("--change", default="")
    rollback.add_argument(
        "--cause", default="asked", choices=("asked", "expired", "died"), help=argparse.SUPPRESS
    )
    boot = add("boot", "for the boot units")
    boot.add_argument(
        "stage", choices=("guard", BEFORE_NETWORK, AFTER_NETWORK, "guard-late"), metavar="STAGE"
    )
    return top


def main(argv: Sequence[str] | None = None, system: System | None = None) -> int:
    """Run one command; returns the exit status. No traceback for what an operator can cause."""
    options = parser().parse_args(argv)
    system = system or System()
    # also to look: the kernel shows others a bond without its partner
    if system.root == "/" and os.geteuid() != 0:
        return _say_error(options, CANNOT, "only root can do this: use sudo")
    commands: dict[str, Callable[[System, argparse.Namespace], int]] = {
        "status": _status,
        "plan": _plan,
        "verify": _verify,
        "apply": _apply,
        "confirm": _confirm,
        "rollback": _rollback,
        "boot": _boot,
    }
    try:
        return commands[options.command](system, options)
    except SpecError as error:
        return _say_error(options, CANNOT, str(error))
    except PermissionError as error:
        return _say_error(options, CANNOT, f"{error.filename}: not permitted; use sudo")
    except ConvergeError as error:
        status = REFUSED if error.step == "refused" else FAILED
        return _say_error(options, status, str(error))
    except (GuardError, OSError, RuntimeError) as error:
        return _say_error(options, FAILED, str(error))
    except KeyboardInterrupt:
        return _say_error(options, FAILED, "interrupted; run it again to finish")


def _status(system: System, options: argparse.Namespace) -> int:
    desired = runs.saved_desired(system, options.desired)
    facts = status(system, Spec.from_dict(desired))
    _say(options, facts, show.status)
    return DONE if facts["gate"]["open"] else FAILED


def _plan(system: System, options: argparse.Namespace) -> int:
    desired = runs.saved_desired(system, options.desired)
    result = runs.preview(system, desired, ssh_connection(system))
    _say(options, result, show.plan)
    if result["refusals"]:
        return REFUSED
    return TO_DO if result["steps"] else DONE


def _verify(system: System, options: argparse.Namespace) -> int:
    result = runs.verified(system, runs.saved_desired(system, options.desired))
    _say(options, result, show.checks)
    return FAILED if result["failed"] else DONE


def _apply(system: System, options: argparse.Namespace) -> int:
    if options.change:
        _say(options, runs.carry_out(system, options.change), show.done)
        return DONE
    desired = runs.saved_desired(system, options.desired)
    result = runs.present(system, desired, ssh_connection(system))
    if result["confirm_required"]:
        result = {**result, **runs.finish(system, result["change"])}
    _say(options, result, show.done)
    return DONE


def _confirm(system: System, options: argparse.Namespace) -> int:
    _say(options, runs.confirm(system, options.change, ssh_connection(system)), show.confirmed)
    return DONE


def _rollback(system: System, options: argparse.Namespace) -> int:
    last = runs.roll_back(system, options.change, options.cause)
    _say(options, last or {"outcome": "nothing to undo"}, show.outcome)
    return FAILED if last and last["problems"] else DONE


def _boot(system: System, options: argparse.Namespace) -> int:
    if options.stage in ("guard", "guard-late"):
        guard = Guard(system)
        with guard.lock(f"boot {options.stage}"):
            done = guard.at_boot() if options.stage == "guard" else guard.after_boot()
        print("undone" if done else "nothing to undo")
        return DONE
    print(runs.at_boot(system, options.stage))
    return DONE


def _say(
    options: argparse.Namespace, result: dict[str, Any], text: Callable[[dict[str, Any]], str]
) -> None:
    words = json.dumps(result, indent=1, sort_keys=True) if options.json else text(result)
    with contextlib.suppress(BrokenPipeError):
        print(words, flush=True)


def _say_error(options: argparse.Namespace, status: int, message: str) -> int:
    if options.json:
        print(json.dumps({"error": message, "status": status}))
    print(f"slipway-datapath: {message}", file=sys.stderr)
    return status
