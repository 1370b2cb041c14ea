"""Names and ids of projects, asked once."""

from __future__ import annotations

from .api import Cloud
from .errors import CloudError

DOMAIN = "default"


class Projects:
    """Projects of the default domain by name; listed only if one is named."""

    def __init__(self, cloud: Cloud, domain: str = DOMAIN) -> None:
        self.cloud, self.domain = cloud, domain
        self._ids: dict[str, str] | None = None

    def _known(self) -> dict[str, str]:
        if self._ids is None:
            query = {"domain_id": self.domain}
            found = self.cloud.list("identity", "/projects", "projects", query)
            self._ids = {each["name"]: each["id"] for each in found}
        return self._ids

    def forget(self) -> None:
        """Ask anew, as after one was made."""
        self._ids = None

    def id_of(self, name: str | None) -> str | None:
        """None for one that is not there (yet); the connection's own for no name."""
        return self._known().get(name) if name else self.cloud.project_id

    def name_of(self, project_id: str) -> str:
        """The id itself where it is of no project of the domain."""
        return next((n for n, i in self._known().items() if i == project_id), project_id)

    def needed(self, name: str | None) -> str:
        """The id. Raises CloudError if it is not there."""
        found = self.id_of(name)
        if found is None:
            raise CloudError(f"project {name!r} is not there; the role cloud_projects makes it")
        return found
