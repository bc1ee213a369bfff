//go:build !unix

package cmd

import "os"

// statusSignals make gust test say which tests are running; there are none.
func statusSignals() []os.Signal { return nil }
