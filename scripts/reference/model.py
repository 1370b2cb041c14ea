"""The site model's pages: the model describes itself."""

import importlib.util
import json

import ansible.module_utils

from common import CHECKOUT


def pages() -> dict[str, str]:
    ansible.module_utils.__path__.append(str(CHECKOUT / "plugins" / "module_utils"))
    if not importlib.util.find_spec("ansible.module_utils.site_model.reference"):
        return {}  # the model does not describe itself yet
    from ansible.module_utils.site_model import reference

    return {
        "site-model.md": reference.model_reference(),
        "site-model.schema.json": json.dumps(reference.json_schema(), indent=2) + "\n",
    }
