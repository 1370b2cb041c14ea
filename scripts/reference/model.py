"""The site model's pages: the model describes itself."""

import json

import ansible.module_utils

from common import CHECKOUT


def pages() -> dict[str, str]:
    ansible.module_utils.__path__.append(str(CHECKOUT / "plugins" / "module_utils"))
    try:
        from ansible.module_utils.site_model import reference
    except ImportError:  # the model does not describe itself yet
        return {}
    return {
        "site-model.md": reference.model_reference(),
        "site-model.schema.json": json.dumps(reference.json_schema(), indent=2) + "\n",
    }
