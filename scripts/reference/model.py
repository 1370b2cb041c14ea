"""The site model's pages: the model describes itself."""

import json

import ansible.module_utils

from common import CHECKOUT

PLACE = CHECKOUT / "plugins" / "module_utils"


def pages() -> dict[str, str]:
    if not list((PLACE / "site_model").glob("reference*")):
        return {}  # it does not do so yet
    ansible.module_utils.__path__.append(str(PLACE))
    from ansible.module_utils.site_model import reference

    return {
        "site-model.md": reference.model_reference(),
        "site-model.schema.json": json.dumps(reference.json_schema(), indent=2) + "\n",
    }
