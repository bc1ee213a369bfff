// Command graph compares gust graph with the commands that it stands in for,
// on modules of the module proxy.
//
//	go run ./bench/graph -n 10 -terraform DIR -goda FILE -o docs/benchmarks.md
//
// terraform is a checkout of its repository, as the published module lacks
// folders that it replaces modules by; goda (github.com/loov/goda) a program
// built from its repository. What is not given is left out.
//
// Every module is checked out into a scratch folder with its sources. Both
// sides of a case run in turn with warm caches; times are medians. dot is the
// Graphviz of the machine and draws the same DOT.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/gust-go/gust/bench/internal/result"
)

type bench struct {
	dir, gust string
	// a program and a folder, empty for none
	goda, terraform string
	rounds          int
	rows            []string
}

func main() {
	rounds := flag.Int("n", 10, "rounds of each case")
	goda := flag.String("goda", "", "a goda to compare with, an absolute path")
	terraform := flag.String("terraform", "", "a checkout of terraform, an absolute path")
	output := flag.String("o", "", "Markdown file whose block to replace")
	flag.Parse()
	if err := run(*rounds, *goda, *terraform, *output); err != nil {
		fmt.Fprintln(os.Stderr, "graph:", err)
		os.Exit(1)
	}
}

func run(rounds int, goda, terraform, output string) error {
	dir, err := os.MkdirTemp("", "gust-bench-graph-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, gust: filepath.Join(dir, "gust"), goda: goda, terraform: terraform, rounds: rounds}
	if err := b.command("", "go", "build", "-o", b.gust, "./cmd/gust").Run(); err != nil {
		return fmt.Errorf("build gust: %w", err)
	}
	for _, step := range []func() error{b.modules, b.packages, b.pictures, b.start} {
		if err := step(); err != nil {
			return err
		}
	}
	text := "| Case | other | gust | gust ÷ other | gust − other |\n| --- | --- | --- | --- | --- |\n" + strings.Join(b.rows, "\n") +
		fmt.Sprintf("\n\nMedians of %d rounds, sides in turn; %s, %s/%s, %d CPUs.\n", rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Print(text)
	if output == "" {
		return nil
	}
	return result.UpdateFile(output, "graph", text)
}

const (
	prometheus = "github.com/prometheus/prometheus@v0.315.0"
	hugo       = "github.com/gohugoio/hugo@v0.160.1"
	ifrit      = "github.com/tedsuo/ifrit@v0.0.0-20230516164442-7862c310ad26"
)

func (b *bench) modules() error {
	for _, spec := range []string{prometheus, hugo} {
		dir, err := b.checkout(spec)
		if err != nil {
			return err
		}
		if err := b.modulesOf(spec, dir); err != nil {
			return err
		}
	}
	if b.terraform == "" {
		return nil
	}
	commit, err := b.command(b.terraform, "git", "describe", "--always", "--tags").Output()
	if err != nil {
		commit = nil // a folder without its history
	}
	return b.modulesOf(strings.TrimSpace("terraform, a checkout "+string(commit)), b.terraform)
}

func (b *bench) modulesOf(what, dir string) error {
	other := func() *exec.Cmd { return b.command(dir, "go", "mod", "graph") }
	ours := func() *exec.Cmd { return b.command(dir, b.gust, "graph", "--format=json") }
	return b.compare("modules of "+what+": `go mod graph`, `gust graph --format=json`", other, ours)
}

func (b *bench) packages() error {
	dir, err := b.checkout(prometheus)
	if err != nil {
		return err
	}
	other := func() *exec.Cmd { return b.command(dir, "go", "list", "-deps", "./...") }
	ours := func() *exec.Cmd { return b.command(dir, b.gust, "graph", "--packages", "--format=json") }
	if err := b.compare("packages of "+prometheus+": `go list -deps ./...`, `gust graph --packages --format=json`", other, ours); err != nil || b.goda == "" {
		return err
	}
	goda := func() *exec.Cmd { return b.command(dir, b.goda, "graph", "./...:all") }
	return b.compare("packages of "+prometheus+": `goda graph ./...:all`, `gust graph --packages --format=json`", goda, ours)
}

func (b *bench) pictures() error {
	dir, err := b.checkout(prometheus)
	if err != nil {
		return err
	}
	if _, err := exec.LookPath("dot"); err == nil {
		// HTML has the whole reduced graph, as DOT does.
		dot := filepath.Join(b.dir, "graph.dot")
		if err := b.command(dir, b.gust, "graph", "--format=dot", "-o", dot).Run(); err != nil {
			return fmt.Errorf("write DOT: %w", err)
		}
		other := func() *exec.Cmd { return b.command(dir, "dot", "-Tsvg", dot) }
		ours := func() *exec.Cmd { return b.command(dir, b.gust, "graph", "--format=html") }
		if err := b.compare("drawing the reduced graph of "+prometheus+": `dot -Tsvg` of finished DOT, `gust graph --format=html` with loading", other, ours); err != nil {
			return err
		}
	}
	if dir, err = b.checkout(ifrit); err != nil {
		return err
	}
	for _, format := range []string{"svg", "html"} {
		wall, err := median(b.rounds, func() *exec.Cmd { return b.command(dir, b.gust, "graph", "--format="+format) })
		if err != nil {
			return err
		}
		cmd := b.command(dir, b.gust, "graph", "--format="+format)
		if err := cmd.Run(); err != nil {
			return err
		}
		b.rows = append(b.rows, fmt.Sprintf("| `gust graph --format=%s` of %s | | %s, %s | | |", format, ifrit, millis(wall), peak(cmd)))
	}
	return nil
}

// start compares the start of gust with that of an empty program.
func (b *bench) start() error {
	source, empty := filepath.Join(b.dir, "empty.go"), filepath.Join(b.dir, "empty")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return err
	}
	if err := b.command("", "go", "build", "-o", empty, source).Run(); err != nil {
		return fmt.Errorf("build an empty program: %w", err)
	}
	other := func() *exec.Cmd { return b.command("", empty) }
	for title, args := range map[string][]string{"`gust toolexec` of it": {"toolexec", empty}, "`gust --version`": {"--version"}} {
		if err := b.compare("an empty program, "+title, other, func() *exec.Cmd { return b.command("", b.gust, args...) }); err != nil {
			return err
		}
	}
	slices.Sort(b.rows[len(b.rows)-2:])
	return nil
}

func (b *bench) command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "GOFLAGS=", "GUST_CACHE="+filepath.Join(b.dir, "cache"))
	return cmd
}

func (b *bench) compare(title string, other, ours func() *exec.Cmd) error {
	var walls [2][]time.Duration
	for round := range b.rounds + 1 {
		for i, side := range []func() *exec.Cmd{other, ours} {
			began := time.Now()
			if err := side().Run(); err != nil {
				return fmt.Errorf("%s: %w", title, err)
			}
			if round > 0 { // the first warms caches
				walls[i] = append(walls[i], time.Since(began))
			}
		}
	}
	a, c := result.Median(walls[0]), result.Median(walls[1])
	b.rows = append(b.rows, fmt.Sprintf("| %s | %s | %s | %.2f | %+.0f ms |", title, millis(a), millis(c), float64(c)/float64(a), float64(c-a)/1e6))
	return nil
}

func median(rounds int, cmd func() *exec.Cmd) (time.Duration, error) {
	var walls []time.Duration
	for range rounds {
		began := time.Now()
		if err := cmd().Run(); err != nil {
			return 0, err
		}
		walls = append(walls, time.Since(began))
	}
	return result.Median(walls), nil
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

// checkout copies a module out of the module cache, once.
func (b *bench) checkout(spec string) (string, error) {
	path, version, _ := strings.Cut(spec, "@")
	to := filepath.Join(b.dir, strings.ReplaceAll(path, "/", "-"))
	if _, err := os.Stat(to); err == nil {
		return to, nil
	}
	if err := b.command("", "go", "mod", "download", spec).Run(); err != nil {
		return "", fmt.Errorf("download %s: %w", spec, err)
	}
	out, err := b.command("", "go", "env", "GOMODCACHE").Output()
	if err != nil {
		return "", err
	}
	escaped, err := module.EscapePath(path)
	if err != nil {
		return "", err
	}
	from := os.DirFS(filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(escaped)+"@"+version))
	if err := copyTree(to, from); err != nil {
		return "", fmt.Errorf("check out %s: %w", spec, err)
	}
	return to, nil
}

func copyTree(to string, from fs.FS) error {
	return fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o600)
	})
}
