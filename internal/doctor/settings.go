package doctor

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/projectenv"
)

// origin says where a variable of go's is set, "" if nowhere.
func (f *facts) origin(name string) string {
	if value := f.getenv(name); value != "" {
		return fmt.Sprintf("%s=%s in the environment", name, value)
	}
	if a, ok := f.goenvValue(name); ok {
		return fmt.Sprintf("%s:%d: %s=%s", f.goenvPath, a.line, a.name, a.value)
	}
	return ""
}

// unset is how to take a setting of go's away: a command, and a function if
// that is go env -u.
func (f *facts) unset(name string) (fix string, apply func(context.Context) error) {
	if f.getenv(name) != "" {
		return "unset " + name + ", and remove the line that sets it from your shell's start files", nil
	}
	return "go env -u " + name, func(ctx context.Context) error {
		if f.chosen == nil {
			return errors.New("there is no go command")
		}
		_, err := f.chosen.Output(ctx, "env", "-u", name)
		return err
	}
}

// checkGOROOT compares GOROOT with where the binary comes from.
func checkGOROOT(ctx context.Context, f *facts) []Finding {
	where := f.origin("GOROOT")
	if where == "" || f.chosen == nil {
		return nil
	}
	fix, apply := f.unset("GOROOT")
	set := f.getenv("GOROOT")
	if a, ok := f.goenvValue("GOROOT"); set == "" && ok {
		set = a.value
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := (&gocmd.Go{Path: f.chosen.Path, Dir: os.TempDir(), Env: f.plainEnv()}).Output(ctx, "env", "GOROOT")
	own := strings.TrimSpace(string(out))
	if err != nil || own == "" {
		return []Finding{{ID: "goroot", Level: Unknown, Text: "GOROOT is set, and the go command does not say where it belongs",
			Evidence: []string{where}, Fix: fix}}
	}
	if sameDir(set, own) {
		return []Finding{{ID: "goroot", Level: Info, Text: "GOROOT is set to what it would be anyway",
			Evidence: []string{where}, Consequence: "it will be wrong after the next update of Go", Fix: fix, Apply: apply}}
	}
	return []Finding{{ID: "goroot", Level: Problem, Text: "GOROOT belongs to another Go than " + f.chosen.Path,
		Evidence:    []string{where, f.chosen.Path + " belongs to " + own, "VERSION there: " + versionFile(set) + ", here: " + versionFile(own)},
		Consequence: "go takes compiler and standard library of another release and fails, or builds with them",
		Fix:         fix, Apply: apply}}
}

func sameDir(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

func versionFile(goroot string) string {
	data, err := os.ReadFile(filepath.Join(goroot, "VERSION"))
	if err != nil {
		return "none"
	}
	first, _, _ := strings.Cut(string(data), "\n")
	return first
}

// checkToolchain compares what go.mod asks for with what there is.
func checkToolchain(_ context.Context, f *facts) []Finding {
	local := ""
	for _, g := range f.gos {
		if f.chosen != nil && g.path == f.chosen.Path {
			local = g.ver
		}
	}
	setting, where := f.setting("GOTOOLCHAIN"), f.origin("GOTOOLCHAIN")
	if setting == "" {
		setting = "auto"
	}
	if !version.IsValid(local) {
		return nil
	}
	needs := fmt.Sprintf("%s:%d: go %s", f.mod.path, f.mod.line, strings.TrimPrefix(f.mod.needs, "go"))
	newer := version.IsValid(f.mod.needs) && version.Compare(f.mod.needs, local) > 0
	pinned := !slices.Contains([]string{"auto", "path", "local"}, setting) && !strings.HasSuffix(setting, "+auto") && !strings.HasSuffix(setting, "+path")
	evidence := []string{f.chosen.Path + " is " + local}
	if where != "" {
		evidence = append(evidence, where)
	}
	switch {
	case newer && setting == "local":
		return []Finding{{ID: "toolchain-local", Level: Problem, Text: "go.mod needs " + f.mod.needs + ", and GOTOOLCHAIN=local keeps go from getting it",
			Evidence: append(evidence, needs), Consequence: "every command in this module fails", Fix: "go env -w GOTOOLCHAIN=auto, or install " + f.mod.needs}}
	case pinned && setting != local:
		fix, _ := f.unset("GOTOOLCHAIN")
		return []Finding{{ID: "toolchain-pinned", Level: Warning, Text: "GOTOOLCHAIN makes go run as " + setting, Evidence: evidence,
			Consequence: "the go that is installed is not the one that compiles, in any module", Fix: fix}}
	case f.mod.needs != "" && f.env["GOVERSION"] != "" && !strings.HasPrefix(f.env["GOVERSION"]+" ", local+" "):
		return []Finding{{ID: "toolchain-switch", Level: Info, Text: "go switches to " + f.env["GOVERSION"] + " here",
			Evidence: append(evidence, needs), Consequence: "the first build downloads it; without network it fails", Fix: "install " + f.env["GOVERSION"] + " to do without"}}
	}
	return nil
}

// checkExperiment asks go whether it knows the experiments that are set.
func checkExperiment(ctx context.Context, f *facts) []Finding {
	where := f.origin("GOEXPERIMENT")
	if where == "" || f.chosen == nil {
		return nil
	}
	value := f.setting("GOEXPERIMENT")
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	env := append(slices.Clip(slices.Clone(f.Environ)), "GOENV=off", "GOEXPERIMENT="+value, "GOFLAGS=")
	_, err := (&gocmd.Go{Path: f.chosen.Path, Dir: f.Dir, Env: env}).Output(ctx, "env", "GOVERSION")
	if err == nil || !strings.Contains(err.Error(), "GOEXPERIMENT") {
		return []Finding{{ID: "goexperiment", Level: Info, Text: "experiments are on: " + value, Evidence: []string{where},
			Consequence: "everything is compiled differently from a plain go", Fix: "gust doctor explain goexperiment"}}
	}
	fix, apply := f.unset("GOEXPERIMENT")
	return []Finding{{ID: "goexperiment", Level: Problem, Text: "this go does not know the experiment: " + err.Error(),
		Evidence: []string{where}, Consequence: "every go command fails", Fix: fix, Apply: apply}}
}

// checkGoEnv lists what go env -w has left behind.
func checkGoEnv(_ context.Context, f *facts) []Finding {
	if len(f.goenv) == 0 {
		return nil
	}
	level := Info
	var evidence, names []string
	for _, a := range f.goenv {
		text := fmt.Sprintf("%s:%d: %s=%s", f.goenvPath, a.line, a.name, a.value)
		if value := f.getenv(a.name); value != "" && value != a.value {
			text += " (without effect: the environment has " + value + ")"
		}
		evidence, names = append(evidence, text), append(names, a.name)
		if slices.Contains([]string{"GOOS", "GOARCH", "GOFLAGS", "GOROOT", "CC", "CGO_ENABLED", "GOTOOLCHAIN", "GO111MODULE", "GOWORK", "GOSUMDB"}, a.name) {
			level = Warning
		}
	}
	return []Finding{{ID: "goenv", Level: level, Text: "go env -w has settings that hold in every directory and outlive updates of Go",
		Evidence: evidence, Consequence: "builds differ from those of other people, and no file of the project says why",
		Fix: "go env -u " + strings.Join(names, " ")}}
}

// checkGOFLAGS looks for flags that cost time or surprise.
func checkGOFLAGS(_ context.Context, f *facts) []Finding {
	value := f.setting("GOFLAGS")
	flags, err := gocmd.SplitGOFLAGS(value)
	if err != nil {
		return []Finding{{ID: "goflags", Level: Problem, Text: "GOFLAGS cannot be split: " + err.Error(), Evidence: []string{f.origin("GOFLAGS")},
			Consequence: "every go command fails", Fix: "go env -u GOFLAGS"}}
	}
	var all []Finding
	for _, flag := range flags {
		name, val, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		why := ""
		switch {
		case name == "count", name == "shuffle" && val != "off":
			why = "no test result is ever cached"
		case name == "mod" && val == "mod":
			why = "go edits go.mod and go.sum by itself, in builds too"
		case name == "a":
			why = "every package is compiled in every build"
		case name == "toolexec":
			why = "a program stands between go and its compiler, and gust cannot reuse compiles"
		case name == "exec":
			why = "go run and go test start another program"
		case name == "modfile", name == "overlay":
			why = "files other than those in the checkout are built"
		case name == "insecure":
			why = "modules are fetched without verification"
		}
		if why != "" {
			where := f.origin("GOFLAGS")
			if where == "" {
				where = "GOFLAGS=" + value
			}
			fix, _ := f.unset("GOFLAGS")
			all = append(all, Finding{ID: "goflags", Level: Warning, Text: "GOFLAGS has " + flag, Evidence: []string{where}, Consequence: why, Fix: fix})
		}
	}
	return all
}

// checkProxy looks at where modules come from.
func checkProxy(_ context.Context, f *facts) []Finding {
	var all []Finding
	if proxy := f.env["GOPROXY"]; proxy == "off" || strings.HasPrefix(proxy, "off,") {
		all = append(all, Finding{ID: "proxy", Level: Warning, Text: "GOPROXY is off", Evidence: []string{f.origin("GOPROXY")},
			Consequence: "modules and toolchains that are not in the module cache cannot be had", Fix: first(f.unset("GOPROXY"))})
	} else if strings.Contains(proxy, "http://") {
		all = append(all, Finding{ID: "proxy", Level: Warning, Text: "GOPROXY has a server without encryption", Evidence: []string{"GOPROXY=" + proxy},
			Consequence: "anybody on the way can read which modules are used, and replace those that no checksum is known of", Fix: first(f.unset("GOPROXY"))})
	}
	for _, name := range []string{"GOSUMDB", "GOINSECURE", "GONOSUMDB"} {
		value := f.env[name]
		// GONOSUMDB follows GOPRIVATE unless somebody sets it.
		if name == "GOSUMDB" && value == "off" || name != "GOSUMDB" && f.origin(name) != "" && value != "" {
			all = append(all, Finding{ID: "sumdb", Level: Warning, Text: name + "=" + value + " switches verification off",
				Evidence: []string{f.origin(name)}, Consequence: "the first download of a module is believed as it comes",
				Fix: first(f.unset(name)) + "; for modules of your own, go env -w GOPRIVATE=example.com/mine"})
		}
	}
	return all
}

func first(fix string, _ func(context.Context) error) string { return fix }

// checkBin looks whether what go install puts down is found.
func checkBin(_ context.Context, f *facts) []Finding {
	bin := f.env["GOBIN"]
	if gopath := filepath.SplitList(f.env["GOPATH"]); bin == "" && len(gopath) > 0 {
		bin = filepath.Join(gopath[0], "bin")
	}
	if bin == "" || slices.ContainsFunc(filepath.SplitList(f.getenv("PATH")), func(dir string) bool { return filepath.Clean(dir) == filepath.Clean(bin) }) {
		return nil
	}
	entries, err := os.ReadDir(bin)
	if err != nil || len(entries) == 0 {
		return nil // nothing is there to be found
	}
	return []Finding{{ID: "gobin-path", Level: Warning, Text: bin + " is not in PATH",
		Evidence: []string{fmt.Sprintf("%s is in %s (files there: %d)", entries[0].Name(), bin, len(entries))}, Consequence: "what go install puts there is not found, or an older copy elsewhere is",
		Fix: `export PATH="$PATH:` + bin + `"`}}
}

// checkProjectEnv looks at the project's .env.go.
func checkProjectEnv(_ context.Context, f *facts) []Finding {
	p, err := projectenv.Load(projectenv.Options{Environ: f.Environ, Dir: f.Dir})
	if err == nil && p != nil {
		if err := p.Err(); err != nil {
			return []Finding{{ID: "env-file", Level: Problem, Text: err.Error(), Evidence: []string{p.Path},
				Consequence: "gust refuses to build here until you have looked at the file", Fix: "gust env trust"}}
		}
		return nil
	}
	if err != nil {
		return []Finding{{ID: "env-file", Level: Problem, Text: err.Error(), Consequence: "gust refuses to build here", Fix: "mend the line, or GUST_ENV=off"}}
	}
	return nil
}
