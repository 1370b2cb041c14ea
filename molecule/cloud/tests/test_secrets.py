"""No password and no token is in what a run says, in its processes, or in files others can read."""

import threading
from pathlib import Path

import clouds
import yaml
from clouds import OTHER, play

#: How a token of Keystone (Fernet) begins.
TOKEN = "gAAAA"


def test_neither_in_logs_nor_in_the_process_list():
    config = yaml.safe_load((clouds.folder() / "clouds.yaml").read_text())["clouds"]
    secrets = {each["auth"]["password"] for each in config.values()} | {TOKEN}
    seen, ended = set(), threading.Event()

    def watch():
        while not ended.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes())
                except OSError:
                    continue  # it has ended

    watcher = threading.Thread(target=watch)
    watcher.start()
    size = {"c-secret": {"vcpus": 1, "ram": 64, "disk": 1}}
    try:
        texts = [
            play("-vvvv", tags=["flavors"], site=OTHER, cloud_flavors_flavors=flavors).well()
            for flavors in (size, {})
        ]
    finally:
        ended.set()
        watcher.join()
    said = "".join(run.text + run.errors for run in texts)
    assert "c-secret" in said and any(b"cloud.yml" in line for line in seen)
    for secret in secrets:
        assert secret not in said
        assert not any(secret.encode() in line for line in seen)


def test_the_file_with_the_passwords_is_its_owners():
    assert (clouds.folder() / "clouds.yaml").stat().st_mode & 0o077 == 0
