// The packages that the depot builds, so that go.mod keeps them.
//go:build tools

package tools

import (
	_ "github.com/coredns/coredns"
)
