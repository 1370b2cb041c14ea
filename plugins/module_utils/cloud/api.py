"""The cloud's APIs: pages, retries with a limit, many calls side by side.

What is repeated: 429, 5xx and 409 that passes by, time-outs and broken connections. A create
whose answer was lost may have happened: it is looked for before it is repeated.
"""

from __future__ import annotations

import random
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ..converge import Clock
from .errors import CloudError, Lost, said
from .transport import Answer, KeystoneTransport, Transport

Thing = dict[str, Any]
T = TypeVar("T")
R = TypeVar("R")

#: Statuses after which the same request may succeed.
PASSING = (408, 409, 429, 500, 502, 503, 504)
#: What a 409 says that no repeat can change.
LASTING = ("quota", "inuse", "in use", "already exist", "duplicate", "overlap", "still has")
LONGEST_WAIT = 30.0  # seconds


class Cloud:
    """The services, asked as one user in one project.

    parallel  calls at a time.
    tries     how often a request is made in all.
    """

    def __init__(
        self, transport: Transport, *, parallel: int = 8, tries: int = 6, clock: Clock | None = None
    ) -> None:  # fmt: skip
        self.transport, self.parallel, self.tries = transport, parallel, tries
        self.clock = clock or Clock()
        self._extensions: frozenset[str] | None = None
        self._project: str | None = None

    @classmethod
    def connect(
        cls, cloud: str, *, file: str | None = None, ca: str | None = None, timeout: float = 60,
        parallel: int = 8, tries: int = 6,
    ) -> Cloud:  # fmt: skip
        """The cloud of that name in clouds.yaml. Raises CloudError."""
        transport = KeystoneTransport.of_file(cloud, file, ca, timeout)
        return cls(transport, parallel=parallel, tries=tries)

    def scoped(self, project_id: str) -> Cloud:
        """The same user in another project."""
        return Cloud(
            self.transport.scoped(project_id), parallel=self.parallel, tries=self.tries,
            clock=self.clock,
        )  # fmt: skip

    # questions

    def has(self, service: str) -> bool:
        """Whether the cloud has the service."""
        return bool(self._repeated(f"catalog: {service}", lambda: self.transport.has(service)))

    @property
    def project_id(self) -> str:
        """The connection's own project."""
        if self._project is None:
            self._project = self._repeated("the token's project", self.transport.project_id)
        return self._project

    @property
    def user_id(self) -> str:
        """The connection's own user."""
        return str(self._repeated("the token's user", self.transport.user_id))

    def extensions(self) -> frozenset[str]:
        """Aliases of Neutron's extensions."""
        if self._extensions is None:
            found = self.list("network", "/extensions", "extensions")
            self._extensions = frozenset(each["alias"] for each in found)
        return self._extensions

    def get(
        self, service: str, path: str, *, query: Mapping[str, Any] | None = None,
        microversion: str | None = None,
    ) -> Any:  # fmt: skip
        """The answer, or None where there is nothing at *path*."""
        try:
            return self.call(service, "GET", path, query=query, microversion=microversion)
        except CloudError as error:
            if error.status == 404:
                return None
            raise

    def list(
        self, service: str, path: str, key: str, query: Mapping[str, Any] | None = None,
        microversion: str | None = None,
    ) -> list[Thing]:  # fmt: skip
        """All objects of all pages; *key* is the list's name in the answer."""
        found: list[Thing] = []
        asked = dict(query or {})
        while True:
            page = self.call(service, "GET", path, query=asked, microversion=microversion)
            found += page[key]
            following = _next(page, key)
            if not following or not page[key]:
                return found
            # of the address only the query: behind a proxy the rest may be wrong
            more = urllib.parse.parse_qsl(urllib.parse.urlsplit(following).query)
            asked |= {k: v for k, v in more if k not in (query or {})}

    # changes

    def create(
        self, service: str, path: str, body: Any, found: Callable[[], Any], *,
        microversion: str | None = None,
    ) -> Any:  # fmt: skip
        """POST. *found* looks whether it is there after all: None, or what the answer would be."""
        return self.call(service, "POST", path, body, settled=found, microversion=microversion)

    def change(
        self, service: str, method: str, path: str, body: Any = None, *,
        settled: Callable[[], Any] | None = None, microversion: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # fmt: skip
        """PUT, PATCH or an action by POST; *settled* says before a repeat whether it is done."""
        return self.call(
            service, method, path, body, settled=settled, microversion=microversion,
            headers=headers,
        )  # fmt: skip

    def delete(self, service: str, path: str, *, microversion: str | None = None) -> None:
        """What is gone already is well."""
        try:
            self.call(service, "DELETE", path, microversion=microversion)
        except CloudError as error:
            if error.status != 404:
                raise

    def call(
        self, service: str, method: str, path: str, body: Any = None, *,
        query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
        settled: Callable[[], Any] | None = None, microversion: str | None = None,
    ) -> Any:  # fmt: skip
        """One request, repeated while that may help; the body of the answer. Raises CloudError.

        settled  asked before each repeat: what it returns, if not None, is the answer.
        """

        def once() -> Any:
            answer = self.transport.send(
                service, method, path, body=body, query=query, headers=headers,
                microversion=microversion,
            )  # fmt: skip
            if answer.status >= 400:
                raise _refused(f"{service} {method} {path}", answer)
            return answer.body

        return self._repeated(f"{service} {method} {path}", once, settled)

    def _repeated(
        self, what: str, once: Callable[[], R], settled: Callable[[], Any] | None = None
    ) -> R | Any:
        pause = 0.5
        for attempt in range(1, self.tries + 1):
            least = 0.0
            try:
                return once()
            except Lost as error:
                problem = CloudError(f"{what}: no answer after {attempt} tries: {error}")
            except CloudError as error:
                if not passing(error):
                    # an earlier try may have done it
                    done = settled() if settled and attempt > 1 and error.status == 409 else None
                    if done is None:
                        raise
                    return done
                problem, least = error, error.pause
            if attempt == self.tries:
                raise problem
            self.clock.sleep(min(max(pause * random.uniform(0.75, 1.25), least), LONGEST_WAIT))
            pause *= 2
            if settled and (done := settled()) is not None:
                return done
        raise AssertionError

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """*work* on all, at most ``parallel`` at a time; the first error, after all have ended."""
        with ThreadPoolExecutor(self.parallel) as pool:
            futures = [pool.submit(work, item) for item in items]
        return [future.result() for future in futures]


def passing(error: CloudError) -> bool:
    """Whether the same request may succeed later."""
    if error.status != 409:
        return error.status in PASSING
    text = str(error).lower()
    return not any(word in text for word in LASTING)


def _refused(what: str, answer: Answer) -> CloudError:
    if answer.status == 401:
        return CloudError(f"{what}: the cloud refuses the token, also a new one", 401)
    pause = answer.headers.get("retry-after", "")
    return CloudError(
        f"{what}: HTTP {answer.status}: {said(answer.body)}", answer.status, answer.body,
        float(pause) if pause.isdigit() else 0.0,
    )  # fmt: skip


def _next(page: Mapping[str, Any], key: str) -> str | None:
    """Address of the next page, which each service says in its own way."""
    if isinstance(page.get("next"), str):
        return str(page["next"])
    links = page.get("links")
    if isinstance(links, Mapping):
        return links.get("next")
    for link in page.get(f"{key}_links", ()):
        if link.get("rel") == "next":
            return str(link["href"])
    return None
