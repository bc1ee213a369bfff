package projectenv

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestShells lets real shells evaluate what is meant for them. Whatever a
// value holds must come out again, and nothing of it may run.
func TestShells(t *testing.T) {
	values := []string{
		"plain", "", "two words", "it's", `"quoted"`, `back\slash`, `end\`, "$HOME", "`touch planted`", "$(touch planted)",
		"a;touch planted", "a\ntouch planted", "a && touch planted", "!!", "*", "~", "#x", "%PATH%", "a'b'c''", `\'; touch planted; '`,
		"‘; New-Item planted; ’", "’; New-Item planted #", "é☃\u202e", "-n", "\t", "(touch planted)", "{a,b}", "$env:PATH", "a\\nb", "'\"'\"'",
	}
	for _, shell := range []struct {
		name   string
		args   []string
		format string
	}{
		{"sh", []string{"-c"}, `printf '%s\0' "$V"`},
		{"bash", []string{"--norc", "-c"}, `printf '%s\0' "$V"`},
		{"zsh", []string{"-f", "-c"}, `printf '%s\0' "$V"`},
		{"fish", []string{"--no-config", "-c"}, `printf '%s\0' "$V"`},
		{"pwsh", []string{"-NoProfile", "-NonInteractive", "-Command"}, "[Console]::OutputEncoding=[Text.Encoding]::UTF8; [Console]::Write($env:V + [char]0)"},
	} {
		t.Run(shell.name, func(t *testing.T) {
			path, err := exec.LookPath(shell.name)
			if err != nil {
				if os.Getenv("CI") != "" && shell.name != "pwsh" {
					t.Fatalf("CI must have %s: %v", shell.name, err)
				}
				t.Skipf("NOT TESTED: %s is not installed", shell.name)
			}
			dir := t.TempDir()
			var script strings.Builder
			for _, value := range values {
				lines, err := Export(shell.name, []Setting{{Name: "V", Value: value}})
				if err != nil {
					t.Fatal(err)
				}
				script.WriteString(lines + shell.format + "\n")
			}
			cmd := exec.Command(path, append(shell.args, script.String())...)
			cmd.Dir = dir
			cmd.Env = []string{"HOME=" + dir, "LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
			for i, value := range values {
				// PowerShell takes a variable that is set to nothing away.
				if i >= len(got) || got[i] != value {
					t.Errorf("%q came out as %q", value, got[min(i, len(got)-1)])
				}
			}
			if entries, err := os.ReadDir(dir); err != nil || planted(entries) {
				t.Errorf("a value ran: %v, %v", entries, err)
			}
		})
	}
	if _, err := Export("cmd.exe", nil); err == nil {
		t.Error("cmd.exe is not known, but gave no error")
	}
}

func planted(entries []os.DirEntry) bool {
	for _, e := range entries {
		if strings.Contains(e.Name(), "planted") {
			return true
		}
	}
	return false
}
