// The packages that the depot builds, so that go.mod keeps them.
//go:build tools

package tools

import (
	_ "sigs.k8s.io/kwok/cmd/kwok"
)
