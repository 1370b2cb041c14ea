"""What the documentation of the cloud's modules shares."""

from __future__ import annotations


class ModuleDocFragment:
    """Arguments of ``module_utils/cloud/module.py``."""

    DOCUMENTATION = r"""
options:
  connection:
    description: The cloud and how it is asked.
    type: dict
    required: true
    suboptions:
      cloud:
        description: Its name in clouds.yaml.
        type: str
        required: true
      file:
        description: clouds.yaml; unset, where openstacksdk looks for it.
        type: path
      ca:
        description: CA of the endpoints, PEM; unset, as clouds.yaml says.
        type: path
      parallel:
        description: Requests at a time.
        type: int
        default: 8
      timeout:
        description: Seconds for a request.
        type: int
        default: 60
  site:
    description: The site's name, for the mark on what the kit makes.
    type: str
    required: true
  adopt:
    description: Take over what is of the model's name and was made by others, and change it.
    type: bool
    default: false
  verify:
    description: Also return a check for each object.
    type: bool
    default: false
"""
