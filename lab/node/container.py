"""One node container of one instance: start, stop, cables."""

import io
import json
import shutil
import tarfile
import time

from lab import keys, network, ssh
from lab.command import attempt, capture, logged
from lab.errors import LabError
from lab.node import image
from lab.node.node import FABRICS, Node
from lab.node.podman import podman
from lab.paths import Paths
from lab.switch import BRIDGE, Switch

START_TIMEOUT = 120
# Not --systemd: with cgroups v1 podman then binds the machine's own hierarchy of systemd into
# every container, and they take each other's units and pods for their own.
OPTIONS = (
    "--cgroupns=private", "--privileged", "--systemd=false", "--network", "none",
    "--env", "container=podman", "--stop-signal", "SIGRTMIN+3",
    "--ulimit", "nofile=20000:20000", "--ulimit", "nproc=20000:20000",
    "--tmpfs", "/tmp", "--tmpfs", "/run", "--tmpfs", "/run/lock",
    # data that must not lie on an overlay
    "-v", "/var/lib/containerd", "-v", "/var/lib/kubelet", "-v", "/var/lib/etcd",
)  # fmt: skip


class Container:
    """A node and its container, found by its name."""

    def __init__(self, paths: Paths, node: Node) -> None:
        self.paths, self.node, self.name = paths, node, node.name
        self.label = f"slipway-{paths.tag}-{node.name}"

    @property
    def pid(self) -> int | None:
        """The container's first process."""
        done = attempt(podman("inspect", "--format", "{{.State.Pid}}", self.label))
        return int(done.stdout) or None if done.returncode == 0 else None

    def exists(self) -> bool:
        return attempt(podman("container", "exists", self.label)).returncode == 0

    def start(self, switch: Switch) -> None:
        """Run it, wire it, and wait for SSH. What was on its disk is still there."""
        if not self.pid:
            self.unplug()
            log = self.paths.logs / f"{self.name}.log"
            if not self.exists():
                create = ["create", "--name", self.label, "--hostname", self.name]
                logged(podman(*create, *OPTIONS, image.name(), "/sbin/init"), log)
            # before it starts: without a key sshd gives up after five tries
            self.identify()
            logged(podman("start", self.label), log)
        self.wire(switch)
        self.forward()
        self.wait()

    def identify(self) -> None:
        """Keys as the lab's virtual machines have them."""
        files = {
            "/etc/ssh/ssh_host_ed25519_key": keys.private(self.name).read_text(),
            "/etc/ssh/ssh_host_ed25519_key.pub": keys.public(self.name) + "\n",
            "/root/.ssh/authorized_keys": keys.public(keys.CLIENT) + "\n",
        }
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            folder = tarfile.TarInfo("root/.ssh")
            folder.type, folder.mode = tarfile.DIRTYPE, 0o700
            archive.addfile(folder)
            for path, text in files.items():
                entry, data = tarfile.TarInfo(path.lstrip("/")), text.encode()
                entry.size, entry.mode = len(data), 0o600
                archive.addfile(entry, io.BytesIO(data))
        # keys are ASCII, and so is what tar puts around them
        capture(podman("cp", "-", f"{self.label}:/"), stdin=packed.getvalue().decode())

    def wire(self, switch: Switch) -> None:
        """Management by the site's bridge, each fabric by an access port of the rack's switch."""
        present = network.interfaces(self.paths)
        network.add_site(self.paths, self.node.site, self.node.gateway)
        if self.node.cable("eth0") not in present:
            self.plug("eth0")
            self.inside(
                f"addr add {self.node.address}/24 dev eth0", "link set eth0 up", "link set lo up",
                f"route add default via {self.node.gateway}",
            )  # fmt: skip
            bridge = network.site_bridge(self.node.site)
            network.batch(self.paths, f"link set {self.node.cable('eth0')} master {bridge} up")
        if self.node.site != "alpha":  # the rack is alpha's
            return
        for fabric, vlan in FABRICS.items():
            cable = self.node.cable(fabric)
            if cable not in present:
                self.plug(fabric)
                network.batch(self.paths, f"link set {cable} mtu {network.DATA_MTU} up")
                self.inside(f"link set {fabric} mtu {network.DATA_MTU} up")
                # the switch gives frames on as they are: their checksums have to be whole
                capture(podman("exec", self.label, "ethtool", "-K", fabric, "tx", "off"))
                # the switch holds on to the cable of before, which had the same name
                switch.vsctl("--if-exists", "del-port", BRIDGE, cable)
            switch.vsctl("--may-exist", "add-port", BRIDGE, cable, f"tag={vlan}")

    def plug(self, interface: str) -> None:
        """A cable whose one end is in the container."""
        cable = self.node.cable(interface)
        network.batch(
            self.paths, f"link add {cable} type veth peer name {interface} netns {self.pid}"
        )

    def unplug(self) -> None:
        """Cables of a container that has ended go with its network, but only after a while."""
        for cable in map(self.node.cable, ("eth0", *FABRICS)):
            attempt(network.inside(self.paths, ["ip", "link", "delete", cable]))

    def forward(self) -> None:
        """Pods' packets pass through the node; its kernel is not the node's to configure."""
        enter = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "sysctl", "-qw"]
        capture([*enter, "net.ipv4.ip_forward=1"])

    def inside(self, *lines: str) -> None:
        """Run ``ip`` in the container's network."""
        enter = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "ip", "-batch", "-"]
        capture(enter, stdin="\n".join(lines) + "\n")

    def wait(self) -> None:
        end = time.monotonic() + START_TIMEOUT
        while not ssh.answers(self.paths, self.node, ["true"]):
            if not self.pid:
                raise LabError(f"{self.name} ended: podman logs is in {self.paths.logs}")
            if time.monotonic() > end:
                raise LabError(f"{self.name} does not answer over SSH after {START_TIMEOUT} s")
            time.sleep(0.5)

    def stop(self) -> None:
        """Its disk stays."""
        if self.pid:
            capture(podman("stop", "--time", "10", self.label))

    def kill(self) -> None:
        """As by a power cut; its disk stays."""
        if self.pid:
            capture(podman("kill", self.label))

    def remove(self) -> None:
        if self.exists():
            capture(podman("rm", "--force", "--time", "5", "--volumes", self.label))


def known(paths: Paths) -> list[str]:
    """Names of the instance's containers, running or not."""
    if not shutil.which("podman"):
        return []
    listed = capture(podman("ps", "--all", "--format", "json"))
    prefix = f"slipway-{paths.tag}-"
    names = [name for each in json.loads(listed or "[]") for name in each["Names"]]
    return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))
