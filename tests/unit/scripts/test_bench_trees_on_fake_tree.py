"""The simulated hosts of `scripts/bench scale` can be built from the example rack's model."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import scale


def test_every_host_of_the_site_has_a_tree(tmp_path):
    site = scale.simulated(tmp_path, 4)
    trees = tmp_path / f"{site.name}-trees"
    assert sorted(tree.name for tree in trees.iterdir()) == [f"host-{n}" for n in range(1, 5)]
    assert all((tree / "commands.json").stat().st_size for tree in trees.iterdir())
