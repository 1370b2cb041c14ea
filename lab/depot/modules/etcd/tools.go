// The packages that the depot builds, so that go.mod keeps them.
//go:build tools

package tools

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "go.etcd.io/etcd/etcdutl/v3"
	_ "go.etcd.io/etcd/etcdctl/v3"
)
