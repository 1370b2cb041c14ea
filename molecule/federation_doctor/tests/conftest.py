"""The pair of sites, and the table of all verdicts at the end of the log."""

from __future__ import annotations

from collections.abc import Iterator

import ansible.module_utils
import pytest

from .pair import CHECKOUT, Pair

# documents are made with the kit's own code
ansible.module_utils.__path__.append(str(CHECKOUT / "plugins" / "module_utils"))

ROWS: list[tuple[str, str, str, float]] = []


@pytest.fixture(scope="session")
def pair() -> Iterator[Pair]:
    made = Pair()
    made.rows = ROWS
    yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not ROWS:
        return
    write = terminalreporter.write_line
    terminalreporter.section("faults and verdicts")
    width = max(len(row[0]) for row in ROWS)
    for name, asked, verdict, seconds in ROWS:
        write(f"{name:{width}}  {asked:5}  {verdict:28}  {seconds:5.1f} s")
    write(f"{len(ROWS)} verdicts, the longest took {max(row[3] for row in ROWS):.1f} s")
