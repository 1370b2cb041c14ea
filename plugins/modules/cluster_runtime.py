#!/usr/bin/python
"""Ansible's door to module_utils/cluster_runtime."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_runtime
short_description: containerd, kubelet and their programs on a node
description:
  - Brings a host to where it can join a cluster. Programs and images are pinned by SHA-256.
  - containerd is restarted when its program or its configuration changed; containers go on.
options:
  desired:
    description: The desired state (C(module_utils/cluster_runtime/spec.py), RuntimeSpec).
    type: dict
    required: true
    suboptions:
      artifacts:
        description: Files, each with C(name), C(url), C(sha256), C(path) and C(mode).
        type: list
        elements: dict
        default: []
      images:
        description: Archives of images, each with C(name), C(url) and C(sha256).
        type: list
        elements: dict
        default: []
      sandbox_image:
        description: Image of the container that holds a pod's namespaces.
        type: str
        required: true
      cgroup_driver:
        description: Who makes containers' cgroups; kubelet's must be the same.
        type: str
        choices: [systemd, cgroupfs]
        default: systemd
      restrict_oom_score_adj:
        description: For nodes that may not lower a process's oom_score_adj.
        type: bool
        default: false
      cni_conf_dir:
        description: Where containerd finds the pods' network.
        type: str
        default: /etc/cni/net.d
  verify:
    description: Also return a check for each file, image and service.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Runtime of a node
  cluster_runtime:
    desired:
      sandbox_image: registry.k8s.io/pause:3.10.2
      artifacts:
        - name: kubelet
          url: https://mirror.example.org/v1.36.3/kubelet
          sha256: "{{ kubelet_sha256 }}"
          path: /usr/local/bin/kubelet
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
checks:
  description: One for each file, image and service.
  returned: with verify
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.cluster_runtime import ClusterRuntime, RuntimeSpec
from ansible.module_utils.host_module import VERIFY, run
from ansible.module_utils.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={"desired": {"type": "dict", "required": True}, **VERIFY},
        supports_check_mode=True,
    )
    system = System()
    run(
        module,
        system,
        lambda: ClusterRuntime(system, RuntimeSpec.parse(module.params["desired"])),
        "/var/lib/slipway/runtime-journal.jsonl",
    )


if __name__ == "__main__":
    main()
