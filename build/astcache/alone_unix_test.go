//go:build linux || darwin

package astcache

import (
	"path/filepath"
	"testing"
)

func TestAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "session", "x")
	a := Begin(file)
	if !a.Was() {
		t.Error("a build by itself was not alone")
	}
	a.End()

	a = Begin(file)
	b := Begin(file)
	if a.Was() {
		t.Error("the first was alone although a second runs")
	}
	a.End()
	if b.Was() {
		t.Error("the second was alone although the first ran when it began")
	}
	b.End()

	a = Begin(file)
	b = Begin(file)
	b.End()
	if a.Was() {
		t.Error("the first was alone although a second came and went")
	}
	a.End()
	if a = Begin(file); !a.Was() {
		t.Error("a later build was not alone")
	}
	a.End()
	if (*Alone)(nil).Was() {
		t.Error("a build that could not be noted was alone")
	}
}
