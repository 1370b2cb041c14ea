"""The page of roles."""

import pytest

from common import Stop
from reference import roles

SPECS = """
argument_specs:
  main:
    short_description: Kernel
    description: [Sets it.]
    options:
      host_kernel_modules:
        type: list
        elements: str
        default: []
        description: Modules | to load with C(modprobe).
      host_kernel_limits:
        type: list
        elements: dict
        options:
          item: {type: str, required: true, choices: [memlock, nofile], description: Which.}
  reboot:
    options: {}
"""


@pytest.fixture
def place(tmp_path):
    meta = tmp_path / "host_kernel" / "meta"
    meta.mkdir(parents=True)
    return meta / "argument_specs.yml"


def test_page_has_every_variable(place, tmp_path):
    place.write_text(SPECS)
    page = roles.page(tmp_path)
    assert "## host_kernel\n" in page
    assert (
        "| `host_kernel_modules` | list of str | `[]` | Modules \\| to load with `modprobe`. |"
        in page
    )
    row = "| `host_kernel_limits[].item` | str | required | Which. One of `memlock`, `nofile`. |"
    assert row in page
    assert "### Entry point `reboot`\n\nNo variables.\n" in page


@pytest.mark.parametrize("text", ["", "a: [", "- x", "argument_specs: []"])
def test_bad_specs_name_the_file(place, tmp_path, text):
    place.write_text(text)
    with pytest.raises(Stop, match=r"host_kernel/meta/argument_specs\.yml"):
        roles.page(tmp_path)
