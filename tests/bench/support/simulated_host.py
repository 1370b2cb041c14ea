"""A host that answers at once: run by Ansible's local connection in place of Python.

It reads the module that the controller built and sent, does not run it, and gives the answer
that a converged host gave (``answers.json``). What it costs itself is written down, so that
it can be taken off the controller's account. Python's standard library only, few imports:
there are thousands of these.
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
    with open(os.environ["BENCH_ANSWERS"]) as handle:
        answers = json.load(handle)
    if name not in answers:
        return {"failed": True, "msg": f"answers.json has no answer for {name}"}
    found = answers[name]
    path = arguments.get("path")
    if name == "stat" and os.path.basename(path or "") == "slipway-datapath":
        found["stat"]["checksum"] = os.environ["BENCH_CHECKSUM"]
    return found


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
