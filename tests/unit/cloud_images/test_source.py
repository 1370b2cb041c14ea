"""Where the bytes of an image come from."""

import hashlib

import pytest
from ansible.module_utils.cloud_images.source import Source


def test_a_walk_hashes_and_another_begins_anew(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(b"x" * 3_000_000)
    for place in (str(path), path.as_uri()):
        source = Source(place)
        for _ in range(2):
            assert sum(map(len, source)) == 3_000_000
        assert source.sha256 == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_half_a_walk_has_no_hash(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(b"x" * 3_000_000)
    source = Source(str(path))
    next(iter(source))
    assert source.sha256 == ""


def test_what_cannot_be_read_is_said_without_the_password(tmp_path):
    assert Source(str(tmp_path / "none")).problem().endswith("is not there or not readable")
    assert (
        Source("ftp://me:secret@host/x").problem() == "ftp://host/x: expected http, https or file"
    )
    with pytest.raises(RuntimeError, match=r"^http://127\.0\.0\.1:1/x: ") as caught:
        list(Source("http://me:secret@127.0.0.1:1/x"))
    assert "secret" not in str(caught.value)
