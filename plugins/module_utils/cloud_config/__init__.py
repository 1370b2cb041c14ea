"""Configuration of Kayobe and Kolla-Ansible from the model, and its folder as a subject.

Runs on the controller, with PyYAML. ``files.files`` is pure: model in, texts out.
"""

from .restarts import restarts
from .subject import CloudConfig, ConfigSpec

__all__ = ["CloudConfig", "ConfigSpec", "restarts"]
