"""kubectl on the control planes of a lab, by testinfra: what scenarios of clusters share."""

import json
import shlex
import time

KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"


class Cluster:
    """As the administrator of the cluster of *host*, one of its control planes."""

    def __init__(self, host):
        self.host = host

    def run(self, arguments, stdin=None, program=KUBECTL):
        """What the command said. *stdin*: an object."""
        text = f"{program} {arguments}"
        if stdin is not None:
            text = f"echo {shlex.quote(json.dumps(stdin))} | {text}"
        return self.host.run(text)

    def ask(self, arguments, stdin=None):
        done = self.run(arguments, stdin)
        assert done.rc == 0, done.stderr
        return done.stdout

    def refuses(self, because, arguments, stdin=None):
        done = self.run(arguments, stdin)
        assert done.rc != 0, f"was not refused: {arguments}"
        assert because in done.stderr, done.stderr

    def items(self, kind, selector="", space="-n shared"):
        return json.loads(self.ask(f"get {kind} {space} -l '{selector}' -o json"))["items"]

    def shows(self, words, arguments, timeout=120):
        return eventually(lambda: words in self.ask(arguments), timeout, arguments)

    def ready(self):
        """Itself, once its API server serves."""
        eventually(lambda: self.run("get --raw /readyz").rc == 0, 180, "the API server serves")
        return self


def eventually(true, timeout=120, what=""):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(1)
    raise AssertionError(f"not after {timeout} s: {what or true}")
