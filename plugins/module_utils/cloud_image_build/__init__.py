"""Images of the cloud that the kit builds, with diskimage-builder.

Runs on the controller; no Ansible.
"""

from __future__ import annotations

from .builder import Builder
from .subject import NOT_BUILT, ImageBuild

__all__ = ["NOT_BUILT", "Builder", "ImageBuild"]
