package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/remote"
)

// TestAction runs the step of action.yml that does the work as a runner would:
// in bash, with the inputs in the environment.
func TestAction(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the runner's bash is not there")
	}
	run := actionStep(t, "gust ci")
	dir, outside := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module m\n\ngo 1.24\n",
		"m.go":   "package m\n\ntype T struct {\n\tA int `json:\"a\" json:\"b\"`\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	summary := filepath.Join(outside, "summary.md")
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", run)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+summary, "GITHUB_WORKSPACE="+dir,
		"STEPS=tags", "JUNIT=", "SARIF=all.sarif", "GUST_CACHE="+outside, "HOME="+outside, "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 4 {
		t.Errorf("%v, want exit status 4", err)
	}
	for _, want := range []string{"::group::gust tags check ./...\n", "::endgroup::\n", "\ntags    failed "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in the log:\n%s", want, out)
		}
	}
	if text, err := os.ReadFile(summary); err != nil || !strings.Contains(string(text), "| tags | . | failed | ") {
		t.Errorf("the summary is %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "all.sarif")); err != nil {
		t.Error(err)
	}
}

// actionStep is the script of a step of action.yml.
func actionStep(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, step, ok := strings.Cut(string(data), "    - name: "+name+"\n")
	step, _, _ = strings.Cut(step, "\n    - name: ")
	_, run, ok2 := strings.Cut(step, "      run: |\n")
	if !ok || !ok2 {
		t.Fatalf("action.yml has no step %q with a script", name)
	}
	return run
}

// TestActionRemote has one job fill a remote cache, and a pull request use it.
func TestActionRemote(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the runner's bash is not there")
	}
	t.Parallel()
	keep := &keeper{all: map[string][]byte{}}
	server := httptest.NewServer(keep)
	defer server.Close()
	sign, check, err := remote.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.24\n", "m.go": "package m\n\nfunc F() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	job := func(event, key string) (log, summary string) {
		t.Helper()
		home := t.TempDir()
		file := filepath.Join(home, "summary.md")
		for _, step := range []string{"gust ci", "What the remote cache was good for"} {
			cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", actionStep(t, step))
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+file, "GITHUB_WORKSPACE="+dir, "GITHUB_EVENT_NAME="+event,
				"STEPS=build", "JUNIT=", "SARIF=", "REMOTE="+server.URL, "REMOTE_KEY="+key, "REMOTE_MODE=", "REMOTE_TOKEN=",
				"GUST_CACHE="+filepath.Join(home, "gust"), "GOCACHE="+filepath.Join(home, "go"), "HOME="+home, "GOWORK=off", "GOENV=off", "GOFLAGS=-buildvcs=false")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v\n%s", step, err, out)
			}
			log += string(out)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		return log, string(text)
	}
	if log, summary := job("push", sign); !strings.Contains(log, "gust: remote cache: 0 of ") || !strings.Contains(summary, "\n"+server.URL+"\nlast 30 days: 1 run, ") {
		t.Errorf("the job that fills: %s\n%s", log, summary)
	}
	kept := len(keep.all)
	log, _ := job("pull_request", check)
	if kept == 0 || len(keep.all) != kept || !strings.Contains(log, " found (") || strings.Contains(log, "cache: 0 of") || strings.Contains(log, "warning") {
		t.Errorf("the job that reads: %d, then %d on the server; %s", kept, len(keep.all), log)
	}
}
