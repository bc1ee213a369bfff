package experiment

import (
	"debug/buildinfo"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Origins of a [Value].
const (
	FromEnvironment = "environment"
	FromEnvFile     = "go env -w file"
	FromGoroot      = "go.env of GOROOT"
	FromToolchain   = "toolchain default"
)

// A Value is the value of a go variable and where it comes from.
type Value struct {
	Text string
	// Origin is one of the origins above, File the file concerned if any.
	Origin, File string
}

// Input is where a go command would run.
type Input struct {
	// Go is the path of the go binary, "" if there is none.
	Go string
	// Dir is the working directory and must be absolute.
	Dir string
	// Environ is the environment in os.Environ form.
	Environ []string
}

// A Toolchain is what a go command turns into before it does anything: which
// release runs, and what it reads as GOEXPERIMENT.
type Toolchain struct {
	// Local is the version stamped into the go binary, Final that of the
	// toolchain which it switches to, if it does; both may carry a vendor's
	// suffix. "" is unknown.
	Local, Final string
	// Why says what made it switch, "" if it does not.
	Why string
	// Goroot is the root of the final toolchain, "" if it is not on this
	// machine.
	Goroot string
	// GOEXPERIMENT, GOTOOLCHAIN and GODEBUG are what go reads.
	GOEXPERIMENT, GOTOOLCHAIN, GODEBUG Value
	GOOS, GOARCH                       string
	// ModFile is the go.work or go.mod that decides about the toolchain, GoLine
	// its go line and ToolLine its toolchain line.
	ModFile, GoLine, ToolLine string
	// EnvFile is the file of go env -w, "" if GOENV=off.
	EnvFile string
	// Trouble are files that exist but could not be read.
	Trouble []string
}

// Resolve works out which toolchain would run in a directory, in the order of
// cmd/go/internal/toolchain.Select, without running any.
func Resolve(in Input) Toolchain {
	v := readVars(in)
	t := Toolchain{EnvFile: v.envFile, Trouble: v.trouble}
	t.GOEXPERIMENT = v.get("GOEXPERIMENT")
	t.GOTOOLCHAIN = v.get("GOTOOLCHAIN")
	t.GODEBUG = Value{Text: v.env["GODEBUG"], Origin: FromEnvironment} // go env -w refuses it
	t.GOOS = orElse(v.get("GOOS").Text, runtime.GOOS)
	t.GOARCH = orElse(v.get("GOARCH").Text, runtime.GOARCH)
	t.Goroot = v.goroot
	if in.Go != "" {
		t.Local = stamped(in.Go)
	}
	if t.Local == "" && v.goroot != "" {
		t.Local = versionFile(v.goroot)
	}
	t.Final = t.Local
	t.readModule(in.Dir, v)
	t.choose(v)
	return t
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// stamped reads the version that the linker put into the go binary.
func stamped(file string) string {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return ""
	}
	return info.GoVersion
}

func versionFile(goroot string) string {
	b, err := os.ReadFile(filepath.Join(goroot, "VERSION"))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

// readModule finds the go.work or go.mod that governs dir and reads the lines
// that choose a toolchain.
func (t *Toolchain) readModule(dir string, v vars) {
	t.ModFile = findUp(dir, "go.work")
	switch w := v.get("GOWORK").Text; {
	case w == "off":
		t.ModFile = ""
	case w != "":
		t.ModFile = w
	}
	if t.ModFile == "" {
		t.ModFile = findUp(dir, "go.mod")
	}
	if t.ModFile == "" {
		return
	}
	data, err := os.ReadFile(t.ModFile)
	if err != nil {
		t.Trouble = append(t.Trouble, fmt.Sprintf("%s: %v", t.ModFile, err))
		return
	}
	t.GoLine, t.ToolLine = line(data, "go"), line(data, "toolchain")
}

// line finds a line of go.mod or go.work by its keyword in the simple way that
// go does before it knows which toolchain may parse the file (gover.GoModLookup).
func line(data []byte, keyword string) string {
	for text := range strings.Lines(string(data)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(text), keyword)
		if ok && rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
			rest, _, _ = strings.Cut(rest, "//")
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

func findUp(dir, name string) string {
	for {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			return file
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// choose applies GOTOOLCHAIN to the module's lines.
func (t *Toolchain) choose(v vars) {
	local, _ := release(t.Local)
	if local == "" || version.Compare(local, "go1.21") < 0 {
		return // older ones do not switch
	}
	setting, mode, plus := strings.Cut(t.GOTOOLCHAIN.Text, "+")
	chosen, minimum := "", local
	switch setting {
	case "":
		return
	case "auto", "path":
		mode = setting
	case "local":
	default:
		chosen, t.Why = setting, "GOTOOLCHAIN="+t.GOTOOLCHAIN.Text
		minimum, _ = release(setting)
	}
	if plus && mode != "auto" && mode != "path" {
		t.Trouble = append(t.Trouble, fmt.Sprintf("GOTOOLCHAIN=%q is not valid", t.GOTOOLCHAIN.Text))
		return
	}
	if mode != "" && t.ToolLine != "default" {
		if rel, _ := release(t.ToolLine); rel != "" && version.Compare(rel, minimum) > 0 {
			chosen, minimum, t.Why = t.ToolLine, rel, "toolchain line of "+t.ModFile
		}
		if goLine := "go" + t.GoLine; version.Compare(goLine, minimum) > 0 {
			chosen, t.Why = firstRelease(goLine), "go line of "+t.ModFile
		}
	}
	if chosen == "" || chosen == t.Local {
		t.Why = ""
		return
	}
	t.Final = chosen
	t.Goroot = v.toolchainDir(chosen)
	t.reread(v)
}

// firstRelease turns a language version into its first release, as go does
// since 1.21 (golang/go#62278).
func firstRelease(v string) string {
	if version.Lang(v) == v && version.Compare(v, "go1.21") >= 0 {
		return v + ".0"
	}
	return v
}

// reread takes GOEXPERIMENT from the go.env of the toolchain switched to: the
// environment and the file of go env -w still come first.
func (t *Toolchain) reread(v vars) {
	if t.GOEXPERIMENT.Text != "" && t.GOEXPERIMENT.Origin != FromGoroot {
		return
	}
	t.GOEXPERIMENT = Value{}
	if t.Goroot == "" {
		return
	}
	file := filepath.Join(t.Goroot, "go.env")
	if m, err := readEnvFile(file); err == nil && m["GOEXPERIMENT"] != "" {
		t.GOEXPERIMENT = Value{m["GOEXPERIMENT"], FromGoroot, file}
	}
}
