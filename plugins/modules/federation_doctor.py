#!/usr/bin/python
"""Ansible's door to module_utils/federation_doctor."""

from __future__ import annotations

DOCUMENTATION = r"""
module: federation_doctor
short_description: Why a link between sites is down, or why a pod waits
description:
  - Runs on a control plane of one's own site. Looks step by step and stops at the first one that is
    broken; says what was seen, whose side it is and what to do.
  - Changes nothing, in check mode or not. What it asks of API servers beside reading are reviews,
    dry runs, and a token for the engine's account, which no API server keeps.
  - Its own side is asked as administrator, the other one with the link's own credential only.
options:
  facts:
    description: Of the model and the documents (filter C(federation_doctor)).
    type: dict
    required: true
  links:
    description: Names of links; all of the cluster where neither these nor a pod is named.
    type: list
    elements: str
    default: []
  pod:
    description: Namespace and name of a pod, of a workload, or of what a peer has sent.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Why does it wait?
  federation_doctor:
    facts: "{{ site_model | federation_doctor('alpha', states, site_host, ca) }}"
    pod: shared/train-1
"""

RETURN = r"""
verdicts:
  description: >-
    One for each question: C(question), C(site), C(ok), C(good) (step and what was seen), C(notes),
    C(seconds); if something is broken C(step), C(seen), C(side) (source, target, network, owner of
    the pod, both), C(who) (the site), C(do).
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.federation_doctor import Doctor, DoctorSpec
from ansible.module_utils.kube_api import Api
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "facts": {"type": "dict", "required": True},
            "links": {"type": "list", "elements": "str", "default": []},
            "pod": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    links, pod, system = module.params["links"], module.params["pod"], System()
    try:
        spec = DoctorSpec.parse(module.params["facts"])
        doctor = Doctor(system, spec, lambda: Api.of_kubeconfig(system))
        if pod:
            verdicts = [doctor.pod(pod)]
        else:
            names = links or [link.name for link in spec.links]
            verdicts = [doctor.link(name) for name in names]
    except (OSError, RuntimeError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, verdicts=verdicts)


if __name__ == "__main__":
    main()
