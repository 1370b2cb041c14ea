#!/usr/bin/python
"""Documentation of the action of this name, which does the work on the controller."""

DOCUMENTATION = r"""
module: cloud_deploy
short_description: Kayobe's commands in order, resumed where one failed
description:
  - An action on the controller. Runs Kayobe's commands one after the other, shows plays and tasks
    while they run, and stops with the failing task's own message.
  - A command that ended well is remembered with a digest of the files that it depends on, and is
    not run again until one of these changes.
options:
  folder:
    description: C($KAYOBE_CONFIG_PATH).
    type: path
    required: true
  release:
    description: Release of OpenStack, which Kayobe's version has to be of.
    type: str
    required: true
  bond_owner:
    description: With C(kit) Kayobe leaves the hosts' networks alone.
    type: str
    choices: [kit, kayobe]
    default: kit
  steps:
    description: >-
      Which of control-host-bootstrap, inventory-discover, host-configure, image-pull,
      service-deploy and post-configure.
    type: list
    elements: str
    required: true
  again:
    description: Steps that are run although they were finished.
    type: list
    elements: str
    default: []
  limit:
    description: Hosts, for Kayobe and Kolla-Ansible. Such a run is not remembered.
    type: str
    default: ""
  vault_password_file:
    description: File with ansible-vault's password.
    type: str
    default: ""
  program:
    description: Kayobe's program.
    type: str
    default: kayobe
  directory:
    description: Where it is run; its virtual environments are below. Unset, I(folder).
    type: str
    default: ""
  environment:
    description: Variables of its environment.
    type: dict
    default: {}
  log:
    description: File for the whole output; nobody else may read it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Deploy
  cloud_deploy:
    folder: /srv/kayobe/etc/kayobe
    release: "2026.1"
    steps: [host-configure, image-pull, service-deploy]
"""

RETURN = r"""
steps:
  description: Commands that were run, or would be in check mode; name, why, before, after.
  returned: always
  type: list
  elements: dict
"""
