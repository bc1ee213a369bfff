package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/testrun/sandbox/box"
	"github.com/gust-go/gust/testrun/sandbox/box/relay"
)

// TestMain makes the test binary a gust as far as sandboxes go.
func TestMain(m *testing.M) {
	network := box.Network{Offer: relay.Offer, Serve: relay.Serve}
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case box.Command:
			os.Exit(box.Main(os.Args[2:], network))
		case box.InitCommand:
			os.Exit(box.InitMain(network))
		}
	}
	os.Exit(m.Run())
}

// TestRecords: what is recorded of tests is the same whether they wait for it or the
// kernel tells of it later.
func TestRecords(t *testing.T) {
	if !allRights() {
		t.Skip("only root may have the kernel tell of files")
	}
	dir, err := os.MkdirTemp("/var/tmp", "gust-record-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	flags := []string{"-test.v", "-test.short", "-test.parallel=1"}
	for _, test := range []struct {
		pkg  string
		args []string
		// only says what can be compared: which programs a test has started, and when
		// they got how far, depends on time in os/exec.
		only func(box.Touch) box.Touch
	}{
		{"path/filepath", flags, all},
		{"archive/zip", flags, all},
		{"os/exec", flags, func(x box.Touch) box.Touch { return box.Touch{Kind: x.Kind, What: x.What, Outside: x.Outside} }},
		{"github.com/gust-go/gust/testrun/sandbox/box", []string{"helper", "open"}, all},
	} {
		t.Run(test.pkg, func(t *testing.T) {
			src, binary := compile(t, dir, test.pkg)
			recordBoth(t, dir, src, append([]string{binary}, test.args...), test.only)
		})
	}
	for name, script := range map[string]string{
		"mounts": `unshare -m sh -c 'mount -t tmpfs x /mnt && cd /mnt && mkdir d && cd d && echo x >f; cat f; cd ..; cat ./d/f
			mkdir sub; mount -t tmpfs y sub; cd sub; echo >g'`,
		"removed": `mkdir gone; cd gone; rmdir ../gone; cat nofile; echo >no`,
		"proc":    `cd /dev/fd; cat <./0; cd /proc/self; cat <status >/dev/null`,
		"root":    `cd /; cat usr/nofile; mkdir -p "$OLDPWD/root/in"; chroot "$OLDPWD/root" /bin/none`,
	} {
		t.Run(name, func(t *testing.T) {
			src := filepath.Join(dir, name)
			if err := os.Mkdir(src, 0o755); err != nil {
				t.Fatal(err)
			}
			recordBoth(t, dir, src, []string{"/bin/sh", "-c", script}, all)
		})
	}
}

// recordBoth records a program both ways. On a busy machine a program of a test may be
// ended sooner one time than the other, and a record may lack something and say so: the
// records have to be the same once in three times.
func recordBoth(t *testing.T, dir, src string, argv []string, only func(box.Touch) box.Touch) {
	t.Helper()
	var differences []string
	for range 3 {
		told, listened := record(t, dir, src, argv, false), record(t, dir, src, argv, true)
		if !told.Ring || listened.Ring {
			t.Fatalf("a ring told: %t and %t", told.Ring, listened.Ring)
		}
		a, b := normal(told.Touched, only), normal(listened.Touched, only)
		differences = append(lacks("only told", a, b), lacks("only listened to", b, a)...)
		if told.Full || listened.Full || len(a) == 0 {
			differences = append(differences, fmt.Sprintf("something is missing: %t and %t, lost %d, %d are there", told.Full, listened.Full, told.Lost, len(a)))
		}
		if len(differences) == 0 {
			return
		}
	}
	t.Error(strings.Join(differences, "\n"))
}

func all(x box.Touch) box.Touch { return x }

func lacks(what string, from, in []string) []string {
	var lines []string
	for _, line := range from {
		if _, ok := slices.BinarySearch(in, line); !ok {
			lines = append(lines, what+": "+line)
		}
	}
	return lines
}

// compile compiles the tests of a package.
func compile(t *testing.T, dir, pkg string) (src, binary string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(dir, strings.ReplaceAll(pkg, "/", "-")+".test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, pkg).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out)), binary
}

// record runs a test binary in a sandbox.
func record(t *testing.T, dir, src string, program []string, listen bool) box.Report {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), Options{
		Mode: Auto, Trace: box.TraceReads, Listen: listen, Self: self, CacheDir: filepath.Join(dir, "cache"), Dir: src,
		Environ: os.Environ(), Now: time.Now, Env: gocmd.Env{GOMOD: filepath.Join(dir, "go.mod")},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.remove()
	argv := append(strings.Fields(strings.TrimPrefix(s.Flag(), "-exec=")), program...)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = src, append(os.Environ(), s.Variable())
	out, err := cmd.CombinedOutput()
	reports, reportsErr := s.reports()
	if reportsErr != nil || len(reports) != 1 {
		t.Fatalf("%d reports, %v; %v: %s", len(reports), reportsErr, err, out)
	}
	return reports[0]
}

var digits = regexp.MustCompile(`[0-9]+`)

// normal makes what is different each time the same.
func normal(all []box.Touch, only func(box.Touch) box.Touch) []string {
	counts := map[string]int{}
	for _, x := range all {
		x = only(x)
		x.What = digits.ReplaceAllString(x.What, "N")
		n := x.Count
		x.Count = 0
		counts[fmt.Sprintf("%+v", x)] += n
	}
	var lines []string
	for line, n := range counts {
		lines = append(lines, fmt.Sprintf("%s, %d times", line, n))
	}
	slices.Sort(lines)
	return lines
}
