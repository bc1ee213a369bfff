package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestAction runs the step of action.yml that does the work as a runner would:
// in bash, with the inputs in the environment.
func TestAction(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the runner's bash is not there")
	}
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, step, ok := strings.Cut(string(data), "- name: gust ci\n")
	_, run, ok2 := strings.Cut(step, "      run: ")
	if !ok || !ok2 {
		t.Fatal("action.yml has no step that runs gust ci")
	}
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
