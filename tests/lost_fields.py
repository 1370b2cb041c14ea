"""Which fields of pods an engine with older types drops: the list in federation/engine/lost.py.

python tests/lost_fields.py [VERSION …] walks the Go types of core/v1 Pod by their JSON names, in
k8s.io/api of the engine and of each version (0.36.3 is Kubernetes 1.36.3). Needs Go. Ends with 1 if
the list is another one.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins" / "module_utils"))

from federation.engine.lost import LOST

ENGINE, VERSIONS = "0.30.5", ("0.35.2", "0.36.3")
PROGRAM = """
package main

import (
	"fmt"
	"reflect"
	"strings"

	core "k8s.io/api/core/v1"
)

func walk(t reflect.Type, path string, in map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer:
		walk(t.Elem(), path, in)
	case reflect.Slice:
		walk(t.Elem(), path+"[]", in)
	case reflect.Map:
		walk(t.Elem(), path+"{}", in)
	case reflect.Struct:
		if in[t] {
			return
		}
		in[t] = true
		for i := 0; i < t.NumField(); i++ {
			name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			if strings.Contains(options, "inline") || t.Field(i).Anonymous && name == "" {
				walk(t.Field(i).Type, path, in)
			} else if name != "" && name != "-" {
				fmt.Println(path + "." + name)
				walk(t.Field(i).Type, path+"."+name, in)
			}
		}
		delete(in, t)
	}
}

func main() { walk(reflect.TypeOf(core.Pod{}), "", map[reflect.Type]bool{}) }
"""


def fields(version: str) -> set[str]:
    """Paths of a pod's spec that people write, in that version of k8s.io/api."""
    environment = {**os.environ, "GOFLAGS": "-mod=mod"}
    with tempfile.TemporaryDirectory() as place:
        Path(place, "main.go").write_text(PROGRAM)
        Path(place, "go.mod").write_text(f"module walk\ngo 1.22\nrequire k8s.io/api v{version}\n")
        for command in (["go", "mod", "tidy"], ["go", "run", "."]):
            done = subprocess.run(
                command, cwd=place, env=environment, capture_output=True, text=True
            )
            if done.returncode:
                raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()[-400:]}")
    # ephemeral containers cannot be there when a pod is created
    spec = (line[1:] for line in done.stdout.split() if line.startswith(".spec."))
    return {path for path in spec if not path.startswith("spec.ephemeralContainers[].")}


def outermost(paths: set[str]) -> set[str]:
    """Without those below another one."""
    return {
        path for path in paths
        if not any(path.startswith((f"{other}.", f"{other}[]")) for other in paths)
    }  # fmt: skip


def main(versions: list[str]) -> int:
    known = fields(ENGINE)
    lost = outermost({path for version in versions for path in fields(version) - known})
    for sign, which in (("+", lost - set(LOST)), ("-", set(LOST) - lost)):
        for path in sorted(which):
            print(f"{sign} {path}")
    print(f"{len(lost)} fields are lost; the list has {len(LOST)}")
    return 0 if lost == set(LOST) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(VERSIONS)))
