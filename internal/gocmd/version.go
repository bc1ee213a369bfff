package gocmd

import (
	"go/version"
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

// OldestGo is the oldest release gust works with. Newer ones than those it
// is tested with are allowed: what depends on a release checks for itself
// and falls back to plain go.
const OldestGo = "go1.24"

// checkVersion refuses a go that is too old. A version it cannot read, such
// as that of a development tree, is allowed.
func (g *Go) checkVersion(goversion string) error {
	release, _, _ := strings.Cut(goversion, " ") // experiments may follow
	if !version.IsValid(release) || version.Compare(release, OldestGo) >= 0 {
		return nil
	}
	return fault.New(fault.Capability,
		"install a newer Go from https://go.dev/dl or run: GUST_GO=/path/to/newer/go gust version",
		"%s is %s; gust needs %s or newer", g.Path, release, OldestGo)
}
