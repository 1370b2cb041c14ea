from pathlib import Path

import pytest

from lab.errors import LabError
from lab.paths import Paths


def test_instances_and_checkouts_have_names_of_their_own():
    names = {
        Paths(Path(checkout), instance).netns
        for checkout in ("/a", "/b")
        for instance in ("default", "other")
    }
    assert len(names) == 4


def test_instance_comes_from_the_environment(monkeypatch):
    assert Paths.of().instance == "default"
    monkeypatch.setenv("SLIPWAY_LAB", "mine")
    assert Paths.of().instance == "mine"
    assert Paths.of("other").instance == "other"


@pytest.mark.parametrize("name", ["../x", "A", "a/b", "-a", "x" * 64])
def test_bad_instance_names_are_refused(name):
    with pytest.raises(LabError, match="SLIPWAY_LAB"):
        Paths.of(name)


def test_sockets_fit_a_unix_address_whatever_the_checkout():
    paths = Paths(Path("/" + "long/" * 60), "i" * 63)
    # ssh adds a hash of 40 characters and, while it connects, a suffix of 17
    assert len(str(paths.sockets / ("x" * 57))) < 108
