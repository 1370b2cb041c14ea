"""The operator's files over the kit's: theirs win, and what they replace is listed."""

from __future__ import annotations

import pytest
import yaml
from ansible.module_utils.cloud_config.own import OwnFileError, lay, options

NETWORKS = "---\nadmin_oc_net_name: a_net\npublic_net_name: b_net\nb_net_vlan: 5\n"
NOVA = "[pci]\ndevice_spec = one\ndevice_spec = two\n\n[compute]\ncpu_shared_set = 0-3\n"


def test_a_variable_of_theirs_wins_and_is_listed():
    own = "---\n# ours\npublic_net_name: c_net\nadmin_oc_net_name: a_net\nmore: [1]\n"
    laid = lay({"networks.yml": NETWORKS}, {"networks.yml": own})
    text = laid.texts["networks.yml"]
    assert yaml.safe_load(text) == {
        "admin_oc_net_name": "a_net", "public_net_name": "c_net", "b_net_vlan": 5, "more": [1],
    }  # fmt: skip
    assert "# ours" in text and text.count("---") == 1 and text.count("public_net_name") == 1
    assert laid.replaced == [{"path": "networks.yml", "key": "public_net_name", "kit": "b_net"}]
    assert laid.same == ["networks.yml: admin_oc_net_name"]
    assert laid.private == {"networks.yml"}


def test_an_option_of_theirs_replaces_all_values():
    own = "[pci]\ndevice_spec = three\n[libvirt]\ncpu_mode = host-model\n"
    laid = lay({"kolla/config/nova.conf": NOVA}, {"kolla/config/nova.conf": own})
    assert options(laid.texts["kolla/config/nova.conf"]) == {
        "compute": {"cpu_shared_set": ["0-3"]},
        "pci": {"device_spec": ["three"]},
        "libvirt": {"cpu_mode": ["host-model"]},
    }
    assert laid.replaced == [
        {"path": "kolla/config/nova.conf", "key": "[pci] device_spec", "kit": ["one", "two"]}
    ]


def test_other_files_are_theirs_as_a_whole():
    kit = {"inventory/hosts": "[compute]\na\n", "hooks/x/post.d/1.yml": "- hosts: a\n"}
    laid = lay(kit, {"inventory/hosts": "[compute]\nb\n", "hooks/x/post.d/1.yml": "- hosts: b\n",
                     "inventory/seed": "[seed]\ns\n"})  # fmt: skip
    assert laid.texts["inventory/hosts"] == "[compute]\nb\n"
    assert laid.texts["inventory/seed"] == "[seed]\ns\n"
    assert [each["path"] for each in laid.replaced] == ["hooks/x/post.d/1.yml", "inventory/hosts"]


def test_what_is_encrypted_stays_as_it_is():
    value = "!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n"
    laid = lay({"kolla.yml": "---\na: 1\n"}, {"kolla.yml": f"kolla_password: {value}b: 2\n"})
    assert value in laid.texts["kolla.yml"]
    assert laid.warnings == []
    whole = "$ANSIBLE_VAULT;1.1;AES256\n6162\n"
    assert lay({}, {"secrets.yml": whole}).texts["secrets.yml"] == whole
    with pytest.raises(OwnFileError, match=r"kolla\.yml: .* a file of their own"):
        lay({"kolla.yml": "---\na: 1\n"}, {"kolla.yml": whole})


def test_a_password_in_plain_text_is_warned_of_without_its_value():
    laid = lay({}, {"bmc.yml": "ipmi_password: calvin\nredfish_password: '{{ vault_x }}'\n"})
    assert laid.warnings == [
        "bmc.yml: ipmi_password is in plain text; encrypt it with ansible-vault"
    ]


def test_kayobes_passwords_are_its_own():
    laid = lay({}, {"kolla/passwords.yml": "a: b\n"})
    assert laid.texts == {} and "Kayobe adds passwords" in laid.warnings[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [\n", r"networks\.yml, line 2: cannot be read"),
        ("- a\n", r"networks\.yml: write one variable a line"),
        ("{a: 1}\n", r"networks\.yml: write one variable a line"),
        ("a: 1\n---\nb: 1\n", r"networks\.yml, line 2: cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_line(text, said):
    with pytest.raises(OwnFileError, match=said):
        lay({"networks.yml": NETWORKS}, {"networks.yml": text})


def test_comments_before_the_document_do_not_break_it():
    laid = lay({"networks.yml": NETWORKS}, {"networks.yml": "# ours\n\n---\nb_net_vlan: 7\n"})
    assert yaml.safe_load(laid.texts["networks.yml"])["b_net_vlan"] == 7
