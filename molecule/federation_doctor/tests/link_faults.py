"""Faults of a link, each on real API servers. What is a stand-in says so in its name."""

from __future__ import annotations

import json
import time

from .pair import Pair, fault, source, target

BETA = "192.168.78.31"
TABLE = "inet slipway_doctor_test"
TRUST = "/etc/kubernetes/slipway/authentication.json"
CLOCK = "/run/slipway-late.py"
#: A server with beta's own certificate whose clock is two hours late.
LATE = """
import http.server, ssl
class Late(http.server.BaseHTTPRequestHandler):
    def date_time_string(self, timestamp=None):
        import time
        return super().date_time_string(time.time() - 7200)
    def do_GET(self):
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()
server = http.server.HTTPServer(("", 16443), Late)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/etc/kubernetes/pki/apiserver.crt", "/etc/kubernetes/pki/apiserver.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def rule(site, kind, hook, text):
    """One nftables rule in the node's own network."""
    chain = f"type {kind} hook {hook} priority -150"
    site.sh(f"nft -f - <<'E'\ntable {TABLE} {{\nchain c {{\n{chain};\n{text}\n}}\n}}\nE")


def no_rule(site):
    site.sh(f"nft delete table {TABLE}")


@fault("port dropped on the way", source("port", "network"))
def dropped(pair: Pair):
    rule(pair.alpha, "filter", "output", f"ip daddr {BETA} tcp dport 6443 drop")
    yield
    no_rule(pair.alpha)


@fault("port refused by the target", source("port", "target"))
def refused(pair: Pair):
    rule(pair.beta, "filter", "input",
         "ip saddr 192.168.77.31 tcp dport 6443 reject with tcp reset")  # fmt: skip
    yield
    no_rule(pair.beta)


@fault("keys' address dropped on the way", target("port", "network"))
def keys_dropped(pair: Pair):
    rule(pair.beta, "filter", "output", "ip daddr 192.168.77.31 tcp dport 6443 drop")
    yield
    no_rule(pair.beta)


@fault("another server answers at the target's address", source("tls", "target"))
def another_server(pair: Pair):
    rule(pair.alpha, "nat", "output",
         f"ip daddr {BETA} tcp dport 6443 dnat ip to 192.168.77.31")  # fmt: skip
    yield
    no_rule(pair.alpha)


@fault("stand-in: a clock two hours late answers", source("clock", "both"))
def late(pair: Pair):
    pair.beta.sh(f"cat > {CLOCK} <<'E'\n{LATE}\nE")
    pair.beta.sh(f"systemd-run --unit slipway-late python3 {CLOCK}")
    rule(pair.beta, "nat", "prerouting",
         "ip saddr 192.168.77.31 tcp dport 6443 redirect to :16443")  # fmt: skip
    time.sleep(1)
    yield
    no_rule(pair.beta)
    pair.beta.sh(f"systemctl stop slipway-late; rm {CLOCK}")


@fault("public keys are hidden", source("issuer", "source"), target("issuer", "source"))
def no_keys(pair: Pair):
    """Both the cluster's own binding and the link's."""
    names = ("slipway:issuer-discovery", "slipway-federation-discovery")
    saved = [pair.alpha.get(f"clusterrolebinding {name}") for name in names]
    pair.alpha.kubectl(f"delete clusterrolebinding {' '.join(names)}")
    yield
    pair.alpha.apply(*saved)


def trust(pair: Pair, text: str) -> None:
    """Replace the file as the kit does, and wait until the API server has taken it."""
    pair.beta.sh(f"umask 077; cat > {TRUST}.new <<'E'\n{text}\nE\nmv {TRUST}.new {TRUST}")
    digest = pair.beta.sh(f"sha256sum {TRUST}").split()[0]
    pair.beta.says("get --raw /metrics", f"last_config_info.*{digest}")


@fault("trust removed", source("authentication", "target"), target("trust", "target"))
def no_trust(pair: Pair):
    saved = pair.beta.sh(f"cat {TRUST}")
    trust(pair, json.dumps({**json.loads(saved), "jwt": []}))
    yield
    trust(pair, saved)


@fault("trust for another audience", source("authentication", "target"), target("trust", "target"))
def other_audience(pair: Pair):
    saved = pair.beta.sh(f"cat {TRUST}")
    trust(pair, saved.replace("slipway:beta:beta", "slipway:gamma:gamma"))
    yield
    trust(pair, saved)


def removed(name: str, where: str, what: str, *questions):
    """A fault that is an object's absence."""

    @fault(name, *questions)
    def work(pair: Pair):
        site = pair.site(where)
        saved = site.get(what)
        site.kubectl(f"delete {what}")
        yield
        site.apply(saved)


removed("role binding removed", "beta", "rolebinding -n shared slipway-alpha-to-beta",
        source("authorisation", "target"), target("authorisation", "target"))  # fmt: skip
removed("cluster role binding removed", "beta", "clusterrolebinding slipway-alpha-to-beta",
        source("authorisation", "target"), target("authorisation", "target"))  # fmt: skip
removed("network policy removed", "beta", "networkpolicy -n shared slipway-alpha-to-beta",
        target("network policy", "target"))  # fmt: skip
removed("guard of peers' pods removed", "beta",
        "validatingadmissionpolicybinding slipway-federation-peers",
        target("admission", "target"))  # fmt: skip
removed("quota removed", "beta", "resourcequota -n shared slipway-alpha-to-beta",
        target("quota", "target"))  # fmt: skip
removed("Target removed", "alpha", "target.multicluster.admiralty.io -n shared alpha-to-beta",
        source("link", "source"))  # fmt: skip
removed("definition removed", "alpha", "crd clustersources.multicluster.admiralty.io",
        source("definitions", "source"))  # fmt: skip


@fault("kubeconfig names another server", source("link", "source"))
def edited_secret(pair: Pair):
    guard = "validatingadmissionpolicybinding slipway-federation-secrets"
    secret = "secret -n shared slipway-federation-alpha-to-beta"
    saved, kept = pair.alpha.get(guard), pair.alpha.get(secret)
    pair.alpha.kubectl(f"delete {guard}")
    change = json.dumps({"stringData": {"config": "{}"}})
    time.sleep(2)
    pair.alpha.kubectl(f"patch {secret} -p '{change}'")
    yield
    pair.alpha.apply(kept)
    pair.alpha.apply(saved)


@fault("version not served", source("versions", "target"), target("definitions", "target"))
def unserved(pair: Pair):
    where = "crd podchaperons.multicluster.admiralty.io --type json -p"
    change = '[{"op": "replace", "path": "/spec/versions/0/served", "value": %s}]'
    listed = "get --raw /apis/multicluster.admiralty.io/v1alpha1"
    pair.beta.kubectl(f"patch {where} '{change % 'false'}'")
    pair.beta.says(listed, r"^(?!.*podchaperons)")
    yield
    pair.beta.kubectl(f"patch {where} '{change % 'true'}'")
    pair.beta.says(listed, "podchaperons")


@fault("namespace takes no part any more", source("namespace", "source"))
def unlabelled(pair: Pair):
    pair.alpha.kubectl("label namespace shared multicluster-scheduler-")
    yield
    pair.alpha.kubectl("label namespace shared multicluster-scheduler=enabled")
