"""What kubelet sets on the machine is put back when the last node has stopped."""

from lab.node import sysctls


def test_values_come_back_after_the_last_node(tmp_path, monkeypatch):
    running = ["abc\n"]
    monkeypatch.setattr(sysctls, "ROOT", tmp_path)
    monkeypatch.setattr(sysctls, "SAVED", tmp_path / "run/saved.json")
    monkeypatch.setattr(sysctls, "capture", lambda argv: "".join(running))
    for name in sysctls.NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("0\n")
    sysctls.save()
    (tmp_path / "kernel/panic").write_text("10\n")
    sysctls.save()  # the second node's start
    sysctls.restore()
    assert (tmp_path / "kernel/panic").read_text() == "10\n"
    running.clear()
    sysctls.restore()
    assert (tmp_path / "kernel/panic").read_text() == "0\n"
    assert not sysctls.SAVED.exists()
