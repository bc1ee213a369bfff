package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/build/overlay"
	"github.com/gust-go/gust/internal/gocmd"
)

// shaping are the flags on which depends what go asks its cache for, but for what
// the linker alone heeds.
var shaping = []string{
	"asan", "asmflags", "buildmode", "compiler", "cover", "covermode", "coverpkg", "gcflags", "gccgoflags", "installsuffix",
	"mod", "modfile", "msan", "overlay", "pgo", "race", "tags", "trimpath", "vet",
}

// buildName says what is built, as far as that is known before go has looked: builds
// with the same name will ask the remote cache for much the same, whatever was
// edited. Nothing is wrong if they do not. It is empty outside of modules.
func (r *runner) buildName() string {
	if r.env.GOMOD == "" || r.env.GOMOD == os.DevNull {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "build 1\n%s\n", r.Verb)
	for _, name := range []string{
		"GOVERSION", "GOOS", "GOARCH", "GOEXPERIMENT", "CGO_ENABLED", "CC", "CXX", "GODEBUG", "GOFIPS140",
		"GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM",
	} {
		fmt.Fprintf(h, "%s=%q\n", name, r.env.Vars[name])
	}
	goflags, err := gocmd.SplitGOFLAGS(r.env.GOFLAGS)
	if err != nil {
		return ""
	}
	for _, args := range [][]string{goflags, r.Args} {
		for _, name := range shaping {
			if value, ok := gocmd.FindFlag(r.Verb, args, name); ok {
				fmt.Fprintf(h, "-%s=%q\n", name, value)
			}
		}
	}
	dir, err := r.workDir()
	if err != nil {
		return ""
	}
	files := []string{r.env.GOMOD, strings.TrimSuffix(r.env.GOMOD, ".mod") + ".sum"}
	if r.env.GOWORK != "" && r.env.GOWORK != "off" {
		files = append(files, r.env.GOWORK, r.env.GOWORK+".sum")
	}
	for _, file := range files {
		b, _ := os.ReadFile(file) // there need not be a go.sum
		fmt.Fprintf(h, "%s %x\n", filepath.Base(file), sha256.Sum256(b))
	}
	root := filepath.Dir(r.env.GOMOD)
	if on := r.goFlagOn("trimpath"); !on {
		fmt.Fprintf(h, "in %q\n", root)
	}
	below, err := filepath.Rel(root, dir)
	if err != nil {
		return ""
	}
	patterns := slices.Sorted(slices.Values(gocmd.Packages(r.Verb, r.Args)))
	fmt.Fprintf(h, "%q %q\n", filepath.ToSlash(below), patterns)
	return hex.EncodeToString(h.Sum(nil))
}

// lately is how old a build may be for the machine to have most of what the next of
// the same name needs.
const lately = time.Hour

// builtMark is a file that is touched by each good build of this name. It goes with
// the entries of the build cache, and is trimmed like them.
func (r *runner) builtMark() string {
	return filepath.Join(r.session.gocache, overlay.BuiltMark(r.name))
}

// first reports whether this machine has not built this, or not lately.
func (r *runner) first() bool {
	info, err := os.Stat(r.builtMark())
	return err != nil || time.Since(info.ModTime()) > lately
}

// builtHere takes note that this machine has what the build needs. Forgetting it
// costs time.
func (r *runner) builtHere() {
	if r.name == "" {
		return
	}
	mark, now := r.builtMark(), time.Now()
	if os.Chtimes(mark, now, now) != nil {
		_ = os.WriteFile(mark, nil, 0o666)
	}
}
