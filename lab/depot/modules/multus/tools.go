// The packages that the depot builds, so that go.mod keeps them.
//go:build tools

package tools

import (
	_ "gopkg.in/k8snetworkplumbingwg/multus-cni.v4/cmd/multus"
)
