"""A real build, killed while its disk is a loop device: nothing of it stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import ansible.module_utils

CHECKOUT = Path(__file__).resolve().parents[3]
_OURS = str(CHECKOUT / "plugins" / "module_utils")
if _OURS not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_OURS)

from ansible.module_utils.cloud_image_build import Builder  # noqa: E402
from ansible.module_utils.cloud_image_build.programs import mirrors  # noqa: E402
from ansible.module_utils.cloud_image_build.recipe import recipes  # noqa: E402
from ansible.module_utils.system import System  # noqa: E402

PATIENCE = 1800


def builder(folder, cache):
    system = System()
    return Builder(system, str(CHECKOUT), cache, str(folder), mirrors(system, {}))


def loops(folder):
    """Loop devices on files in the folder."""
    system = System()
    found = system.glob("/sys/block/loop*/loop/backing_file")
    return [each for each in found if (system.read(each) or "").startswith(f"{folder}/")]


def processes(folder):
    """Those that work in the folder, or have their root there."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            places = [os.readlink(each / "root"), os.readlink(each / "cwd")]
        except OSError:
            continue
        if any(place.startswith(str(folder)) for place in places):
            found.append(each.name)
    return found


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.5)


def test_killed_with_its_disk_open(tmp_path, folder):
    own = builder(tmp_path, str(folder.parent))
    command = [sys.executable, __file__, str(tmp_path), str(folder.parent)]
    process = subprocess.Popen(command, cwd=CHECKOUT)
    until(lambda: loops(tmp_path) or process.poll() is not None)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not processes(tmp_path))
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    [leftover] = own.leftovers()
    own.clean(leftover)
    assert not loops(tmp_path) and not list(Path("/dev").glob("mapper/loop*p*"))
    assert [path.name for path in tmp_path.iterdir()] == ["cut.log"]


if __name__ == "__main__":  # the process that is killed
    recipe = recipes({"cut": {"release": "trixie"}})["cut"]
    builder(*sys.argv[1:]).build("cut", recipe, "key")
