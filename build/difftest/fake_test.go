package difftest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// fakeEnv makes the test binary behave as a gust with the fault that its
// value names, to prove that the tests would notice.
const fakeEnv = "GUST_DIFFTEST_FAKE"

// fakeGust is gust build without reuse, in a build cache of its own.
func fakeGust(mode string, args []string) int {
	args, out, asJSON := fakeArgs(args)
	cache := filepath.Join(os.Getenv("GUST_CACHE"), "build")
	if _, err := os.Stat(cache); err != nil {
		if err := os.CopyFS(cache, os.DirFS(os.Getenv("GOCACHE"))); err != nil {
			return fakeError(err)
		}
	}
	ents, _ := os.ReadDir(out)
	if mode == "stale" && len(ents) > 0 {
		return fakeSummary(asJSON, mode, 0)
	}
	if mode == "leak" {
		cache = os.Getenv("GOCACHE")
	}
	var stderr strings.Builder
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOCACHE="+cache)
	cmd.Stdout, cmd.Stderr = os.Stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return fakeError(err)
	}
	text := stderr.String()
	if mode == "message" {
		text = strings.ReplaceAll(text, ".go:", ".go:1")
	}
	fmt.Fprint(os.Stderr, text)
	switch mode {
	case "corrupt", "damage", "leak":
		err = spoil(cache, mode == "damage")
	case "flip":
		err = flip(out)
	default:
		err = nil
	}
	if err != nil {
		return fakeError(err)
	}
	return fakeSummary(asJSON, mode, cmd.ProcessState.ExitCode())
}

// fakeArgs takes gust's own flags out.
func fakeArgs(args []string) (rest []string, out string, asJSON bool) {
	for i, a := range args {
		switch {
		case a == "--json":
			asJSON = true
		case strings.HasPrefix(a, "--lines="):
		default:
			rest = append(rest, a)
		}
		if a == "-o" {
			out = args[i+1]
		}
	}
	return rest, out, asJSON
}

func fakeError(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 3
}

func fakeSummary(asJSON bool, mode string, code int) int {
	if asJSON {
		if mode == "warn" {
			fmt.Println(`{"v":1,"type":"warning","text":"building without reuse"}`)
		}
		reused := 1
		if mode == "idle" {
			reused = 0
		}
		fmt.Printf("{\"v\":1,\"type\":\"build.summary\",\"compiled\":1,\"reused\":%d,\"exit_code\":%d}\n", reused, code)
	}
	return code
}

// spoil changes the last byte of the newest archive in a build cache. In
// place is what a disk does; otherwise the action gets a new output, which is
// what a wrong reuse does.
func spoil(cache string, inPlace bool) error {
	var newest string
	var e entry
	err := filepath.WalkDir(cache, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !entryName.MatchString(d.Name()) {
			return err
		}
		x, ok := readEntry(p)
		if is, _ := newCaches().isArchive(x); !ok || !is {
			return nil
		}
		b, err := os.ReadFile(p)
		if when := strings.Fields(string(b))[4]; err == nil && when > newest {
			newest, e = when, x
		}
		return err
	})
	if err != nil || newest == "" {
		return err
	}
	data, err := os.ReadFile(e.data)
	if err != nil {
		return err
	}
	data[len(data)-1] ^= 1
	if inPlace {
		os.Chmod(e.data, 0o666)
		return os.WriteFile(e.data, data, 0o666)
	}
	sum := sha256.Sum256(data)
	id := hex.EncodeToString(sum[:])
	file := filepath.Join(cache, id[:2], id+"-d")
	if err := os.WriteFile(file, data, 0o666); err != nil {
		return err
	}
	text := fmt.Sprintf("v1 %s %s %20d %20s\n", e.action, id, len(data), newest)
	return os.WriteFile(e.file, []byte(text), 0o666)
}

// flip changes one byte in the middle of a binary.
func flip(out string) error {
	ents, err := os.ReadDir(out)
	if err != nil || len(ents) == 0 {
		return err
	}
	file := filepath.Join(out, ents[0].Name())
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	data[len(data)/2] ^= 1
	return os.WriteFile(file, data, 0o777)
}
