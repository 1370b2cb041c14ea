"""Kayobe's commands in order, each once for what it was given; goes on where one failed.

Runs on the controller; no Ansible in it.
"""

from .commands import STEPS
from .subject import CloudDeploy, DeploySpec

__all__ = ["STEPS", "CloudDeploy", "DeploySpec"]
