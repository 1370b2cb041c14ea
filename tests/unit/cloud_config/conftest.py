"""The example sites' deployments, and a Kayobe folder of their own for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.cloud_config import CloudConfig, ConfigSpec
from ansible.module_utils.converge import Result, converge
from ansible.module_utils.site_model.derive.deployment import deployment
from ansible.module_utils.site_model.inventory import read_inventory
from ansible.module_utils.site_model.source import Source
from ansible.module_utils.system import System
from fakes.crash import CutPoints

CHECKOUT = Path(__file__).resolve().parents[3]
SITES = ("example-rack", "example-federation/site-b", "lab-cloud")


def desired_of(site: str, change: Callable[[dict[str, Any]], None] = lambda s: None) -> Any:
    """What the model of an example says, after *change* of its sections."""
    inventory = read_inventory(CHECKOUT / "inventories" / site, Source())
    change(inventory.sections)
    return deployment(inventory.sections, [h.as_site_host() for h in inventory.hosts.values()])


class Disk(CutPoints, System):
    """A folder of the test's, cut where it says."""


class Kayobe:
    """A Kayobe folder, an own folder, and runs of the subject on them."""

    def __init__(self, top: Path) -> None:
        self.folder, self.own = top / "kayobe", top / "own"
        self.system = Disk()

    def subject(self, desired: Any, **more: Any) -> CloudConfig:
        own = str(self.own) if self.own.is_dir() else ""
        spec = ConfigSpec(folder=str(self.folder), desired=desired, own=own, **more)
        return CloudConfig(self.system, spec)

    def run(self, desired: Any, check: bool = False, **more: Any) -> Result:
        return converge(self.subject(desired, **more), check=check)

    def write_own(self, path: str, text: str) -> None:
        file = self.own / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def read(self, path: str) -> str:
        return (self.folder / path).read_text()


@pytest.fixture
def kayobe(tmp_path: Path) -> Kayobe:
    return Kayobe(tmp_path)


@pytest.fixture
def rack() -> Any:
    return desired_of("example-rack")


@pytest.fixture
def desired() -> Callable[..., Any]:
    return desired_of
