package projectenv

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/gocmd"
)

// isPlain: the variables below have names, numbers and lists of them for
// values.
func isPlain(value string) bool {
	for i := range len(value) {
		switch c := value[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.', c == ',':
		default:
			return false
		}
	}
	return true
}

// safeVars choose what code is compiled for. None can name a program, a
// file or a server. It is a list of what is allowed: a variable that a later
// go invents needs approval.
var safeVars = []string{
	"GOOS", "GOARCH", "GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64",
	"GOPPC64", "GORISCV64", "GOWASM", "CGO_ENABLED", "GOEXPERIMENT",
}

// safeFlags are flags of go that GOFLAGS may hold. -mod is one of a kind, see
// [safeFlag].
var safeFlags = []string{
	"tags", "race", "trimpath", "v", "count", "short", "shuffle", "failfast",
	"cover", "covermode", "timeout", "parallel", "p",
}

// needsTrust says what a setting could do that needs the user's approval, ""
// if nothing.
func needsTrust(name, value string) string {
	switch {
	case name == "GOFLAGS":
		return goflagsNeedTrust(value)
	case !slices.Contains(safeVars, name):
		return consequence(name)
	case !isPlain(value):
		return fmt.Sprintf("%q is not a plain value", value)
	}
	return ""
}

// goflagsNeedTrust looks at each flag.
func goflagsNeedTrust(value string) string {
	flags, err := gocmd.SplitGOFLAGS(value)
	if err != nil {
		return err.Error()
	}
	for _, flag := range flags {
		if !safeFlag(flag) {
			return fmt.Sprintf("the flag %q can change what runs or where code comes from", flag)
		}
	}
	return ""
}

// safeFlag knows flags in both dash forms.
func safeFlag(flag string) bool {
	body, ok := strings.CutPrefix(flag, "-")
	if !ok {
		return false
	}
	name, value, _ := strings.Cut(strings.TrimPrefix(body, "-"), "=")
	switch name {
	case "mod": // =mod lets go edit go.mod and ask servers
		return value == "readonly" || value == "vendor"
	case "buildvcs": // =true runs a version control system
		return value == "false"
	}
	return slices.Contains(safeFlags, strings.TrimPrefix(name, "test."))
}

// consequence says in a few words why a variable is not on the list.
func consequence(name string) string {
	switch {
	case slices.Contains([]string{"CC", "CXX", "FC", "AR", "GCCGO", "PKG_CONFIG", "GOCACHEPROG", "GOAUTH", "GOPACKAGESDRIVER", "PATH", "GOTOOLCHAIN", "GOROOT", "GOTOOLDIR"}, name):
		return "it chooses programs that run"
	case strings.HasPrefix(name, "LD_"), strings.HasPrefix(name, "DYLD_"), strings.HasPrefix(name, "GIT_"), strings.HasPrefix(name, "SSH_"):
		return "it can make other programs run code"
	case strings.HasPrefix(name, "CGO_"):
		return "its flags reach the C compiler and linker"
	case slices.Contains([]string{"GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GONOPROXY", "GOPRIVATE", "GOINSECURE", "GOVCS"}, name), strings.HasSuffix(name, "_PROXY"):
		return "it changes where code comes from and how it is verified"
	case slices.Contains([]string{"GOBIN", "GOPATH", "GOCACHE", "GOMODCACHE", "GOTMPDIR", "GOENV", "GOWORK", "HOME"}, name):
		return "it changes where files are read and written"
	}
	return "it is not among the variables that are known to be harmless"
}

// NeedsApproval returns everything in the file, in any profile, that only
// works once it is trusted.
func (f *File) NeedsApproval() []Refusal {
	all := slices.Clone(f.Vars)
	for _, settings := range f.Profiles {
		all = append(all, settings...)
	}
	var refused []Refusal
	for _, s := range all {
		if why := needsTrust(s.Name, s.Value); why != "" {
			refused = append(refused, Refusal{s, why})
		}
	}
	slices.SortFunc(refused, func(a, b Refusal) int { return a.Line - b.Line })
	return refused
}
