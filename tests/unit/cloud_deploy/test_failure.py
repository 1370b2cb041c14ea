"""What failed in a run of Ansible, in its own words."""

from __future__ import annotations

import pytest
from ansible.module_utils.cloud_deploy.failure import failure

JSON = """\
PLAY [Ensure packages] *****
TASK [apt : Install] ********
ok: [control-1]
fatal: [control-2]: FAILED! => {"changed": false, "msg": "E: no package xyz"}
fatal: [control-3]: FAILED! => {"changed": false, "msg": "E: no package xyz"}
PLAY RECAP *****
"""
YAML = """\
TASK [neutron : Copying over ml2_conf.ini] ****
[ERROR]: Task failed: Module failed: cannot merge
fatal: [compute-1]: FAILED! =>
    changed: false
    msg: 'cannot merge'
"""
ITEM = """\
TASK [Validate API address] ***
failed: [localhost] (item=kolla_internal_vip_address) => {"msg": "is invalid"}
"""
IGNORED = """\
TASK [First] ***
fatal: [a]: FAILED! => {"msg": "never mind"}
...ignoring
TASK [Second] ***
fatal: [a]: UNREACHABLE! => {"msg": "no route", "unreachable": true}
"""


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (JSON, "apt : Install: control-2, control-3: E: no package xyz"),
        (YAML, "neutron : Copying over ml2_conf.ini: compute-1: cannot merge"),
        (ITEM, "Validate API address: localhost: is invalid"),
        (IGNORED, "Second: a: no route"),
        (
            "Kayobe configuration path /x is invalid: no\n",
            "Kayobe configuration path /x is invalid: no",
        ),
        ("some words\n[ERROR]: broken conditional\nmore\n", "[ERROR]: broken conditional"),
        ("", ""),
    ],
)
def test_the_failing_task_speaks(output, said):
    assert failure(output.splitlines()) == said


def test_a_long_message_is_cut():
    line = 'fatal: [a]: FAILED! => {"msg": "' + "x" * 5000 + '"}'
    assert len(failure(["TASK [T] *", line])) < 700
