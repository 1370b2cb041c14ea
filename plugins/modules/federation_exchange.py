#!/usr/bin/python
"""Ansible's door to module_utils/federation/exchange, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: federation_exchange
short_description: A site's side of the handshakes of its links
description:
  - Runs on the controller. Makes the site's signing key once, writes the signed documents that are
    due below C(sent), judges those below C(received), and says the state of each link.
  - Nothing in the documents is secret but tokens, which are sealed. How they travel is the
    administrators' business.
options:
  desired:
    description: Links, peers and clusters (C(module_utils/federation/terms.py), ExchangeSpec).
    type: dict
    required: true
  verify:
    description: Also return a check for each link.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Documents of all links
  federation_exchange:
    desired:
      site: beta
      key: /srv/slipway/federation.key
      folder: /srv/slipway/federation
      peers: {alpha: "SHA256:…"}
      clusters: {beta: {api: "192.0.2.1:6443", ca: "-----BEGIN …", issuer: "https://beta.example"}}
      links: {alpha-to-beta: {cluster: beta, terms: {source: alpha, target: beta}}}
  delegate_to: localhost
"""

RETURN = r"""
fingerprint:
  description: Of this site's key, for the peers' models; empty while there is none.
  returned: always
  type: str
links:
  description: >-
    Each link's C(state) (accepted, waiting for …, expired, refused, ended), C(detail), C(peer),
    C(role), C(cluster), C(fingerprint), C(expires), the accepted C(offer) or C(request), C(token)
    (when the last one ends, why a new one is due) and C(renewal) (the same for people).
  returned: always
  type: dict
left:
  description: Files that are of no link of the model.
  returned: always
  type: list
  elements: str
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each link.
  returned: with verify
  type: list
  elements: dict
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.converge import ConvergeError, converge
from ansible.module_utils.federation.engine import engine
from ansible.module_utils.federation.exchange import FederationExchange
from ansible.module_utils.federation.terms import ExchangeSpec
from ansible.module_utils.host_kernel import difference
from ansible.module_utils.host_module import VERIFY
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={"desired": {"type": "dict", "required": True}, **VERIFY},
        supports_check_mode=True,
    )
    try:
        spec = ExchangeSpec.parse(module.params["desired"], engine().subject)
        exchange = FederationExchange(System(), spec)
        result = converge(exchange, check=module.check_mode)
    except (ConvergeError, OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=str(error))
    if result.refusals:
        module.fail_json(msg="refused: " + "; ".join(result.refusals))
    answer = {
        "changed": result.changed,
        "fingerprint": result.after["fingerprint"],
        "links": exchange.links(result.after),
        "left": result.left,
        "steps": result.steps,
        "diff": difference(result.steps),
    }
    for name, link in answer["links"].items():
        if link["state"] in ("refused", "expired"):
            module.warn(f"link {name} is closed, {link['state']}: {'; '.join(link['detail'])}")
    if module.params["verify"]:
        answer["checks"] = [asdict(check) for check in exchange.verify(result.after)]
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
