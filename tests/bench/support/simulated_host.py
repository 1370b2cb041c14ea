"""A host that answers at once: run by Ansible's local connection in place of Python.

It reads the module that the controller built and sent. ``host_datapath`` it carries out, with
the real engine on the host's fake tree; the others, which would touch this machine, get their
answer from ``answers.json``, which says where it has them from. What it costs itself is written
down, so that it can be taken off the controller's account. Few imports: there are thousands of
these.
"""

import ast
import json
import os
import re
import resource
import sys

NAME = re.compile(r"\bansible_module='([^']+)'")
PARAMS = re.compile(r"\bparams='((?:[^'\\]|\\.)*)'", re.S)


def main():
    text = sys.stdin.read() if len(sys.argv) < 2 else open(sys.argv[1]).read()  # noqa: SIM115
    end = text[-200_000:]  # the call with its arguments follows the packed modules
    name = NAME.search(end) or NAME.search(text)
    params = PARAMS.search(end) or PARAMS.search(text)
    if not name or not params:
        sys.exit("not a module that Ansible built")
    arguments = json.loads(ast.literal_eval(f"'{params[1]}'"))["ANSIBLE_MODULE_ARGS"]
    found = answer(name[1].rpartition(".")[2], arguments)
    own = {key: value for key, value in arguments.items() if not key.startswith("_ansible_")}
    print(json.dumps({**found, "invocation": {"module_args": own}}))
    sys.stdout.flush()


def answer(name, arguments):
    """What a converged host says to module *name*."""
    if name == "host_datapath":
        return datapath(arguments["desired"])
    with open(os.environ["BENCH_ANSWERS"]) as handle:
        answers = json.load(handle)
    key = f"{name}:{arguments['stage']}" if "stage" in arguments else name
    if key not in answers:
        return {"failed": True, "msg": f"answers.json has no answer for {key}"}
    found = answers[key]
    path = arguments.get("path")
    if name == "stat" and os.path.basename(path or "") == "slipway-datapath":
        found["stat"]["checksum"] = os.environ["BENCH_CHECKSUM"]
    return found


def datapath(desired):
    """The engine's own answer, on the fake tree of the host."""
    sys.path.insert(0, os.environ["BENCH_PLUGINS"])
    from module_utils.host_datapath import runs
    from module_utils.system import System

    try:
        result = runs.present(
            System(os.path.join(os.environ["BENCH_TREES"], desired["host"])), desired
        )
    except runs.ERRORS as error:
        return {"failed": True, "msg": str(error)}
    result.pop("diff")
    result.pop("warnings")
    return result


def account():
    used = resource.getrusage(resource.RUSAGE_SELF)
    line = f"{used.ru_utime + used.ru_stime:.6f}\n".encode()
    handle = os.open(os.environ["BENCH_USAGE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(handle, line)  # one write: whole lines, whoever else writes
    os.close(handle)


if __name__ == "__main__":
    try:
        main()
    finally:
        account()
