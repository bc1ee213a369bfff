//go:build servers

// Package servers names the servers that gust's remote cache is tested against, in a
// module of their own: what they require is nothing to gust. .ci/remote-servers
// builds them.
package servers

import (
	_ "github.com/buchgr/bazel-remote/v2"
	_ "github.com/rclone/gofakes3" // of s3, which is here
	_ "github.com/versity/versitygw/cmd/versitygw"
)
