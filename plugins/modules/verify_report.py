#!/usr/bin/python
"""Ansible's door to module_utils/verify/report, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_report
short_description: Write the report of a verification
description:
  - Runs on the controller, once, with what M(verify_hosts) found on each host.
  - Writes C(report.html), C(report.json) and C(junit.xml); in check mode nothing.
options:
  site:
    description: The site's name.
    type: str
    required: true
  hosts:
    description: All hosts of the play; one without a result is reported as such.
    type: list
    elements: str
    required: true
  results:
    description: What each host's task registered, by host.
    type: dict
    required: true
  directory:
    description: Where reports are kept; gets a folder for the site and the time.
    type: path
    required: true
  mesh:
    description: What C(verify_pods) measured between nodes; a matrix for each network.
    type: list
    elements: dict
    default: []
  links:
    description: Rows of C(verify_links); a table of the links between sites.
    type: list
    elements: dict
    default: []
  ages:
    description: Of the links' credentials in seconds, for rows that have none.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Write the report
  verify_report:
    site: lab
    hosts: [host-1, host-2]
    results: {host-1: "{{ hostvars['host-1'].result }}", host-2: "{{ hostvars['host-2'].result }}"}
    directory: "{{ playbook_dir }}/../reports"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
failed_checks:
  description: How many checks do not hold.
  returned: always
  type: int
table:
  description: The report for a terminal.
  returned: always
  type: str
verdict:
  description: The report in one sentence.
  returned: always
  type: str
path:
  description: The HTML report, through the link C(latest) as well; empty in check mode.
  returned: always
  type: str
"""

import os
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.verify.report import links, mesh, terminal
from ansible.module_utils.verify.report.assemble import assemble, verdict
from ansible.module_utils.verify.report.write import write


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "site": {"type": "str", "required": True},
            "hosts": {"type": "list", "elements": "str", "required": True},
            "results": {"type": "dict", "required": True},
            "directory": {"type": "path", "required": True},
            "mesh": {"type": "list", "elements": "dict", "default": []},
            "links": {"type": "list", "elements": "dict", "default": []},
            "ages": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    given = module.params
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    report = assemble(given["site"], now, given["hosts"], given["results"], module.check_mode)
    try:
        report["mesh"] = mesh.cells(given["mesh"])
        report["links"] = links.aged(links.checked(given["links"]), given["ages"])
    except ValueError as error:
        module.fail_json(msg=str(error))
    folder = ""
    if not module.check_mode:
        try:
            folder = write(report, os.path.abspath(given["directory"]))
        except OSError as error:
            module.fail_json(msg=f"the report cannot be written: {error}")
    module.exit_json(
        changed=False,
        failed_checks=report["summary"]["failed"],
        table="\n".join([terminal.render(report), *mesh.lines(report), *links.lines(report)]),
        verdict=verdict(report),
        path=os.path.join(folder, "report.html") if folder else "",
    )


if __name__ == "__main__":
    main()
