//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestCompletion presses Tab in real shells. bash is without the package
// bash-completion, as it is on a bare system.
func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":             "module m\n\ngo 1.24\n",
		"m.go":               "package m\n",
		"inner/in_test.go":   "package inner\n\nimport \"testing\"\n\nfunc TestOnlyOne(t *testing.T) {}\n",
		"inner/deep/deep.go": "package deep\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, shell := range []struct{ name, start, load string }{
		{"bash", "exec bash --norc --noprofile -i", "PS1='$ '; bind 'set bell-style none'; source <(gust completion bash); alias go=gust; complete -o default -F __start_gust go"},
		{"zsh", "exec zsh -f", "PS1='$ '; autoload -U compinit; compinit -u -D; source <(gust completion zsh); alias go=gust; compdef _gust go"},
		{"fish", "exec fish --no-config", "gust completion fish | source; alias go=gust; complete -c go -w gust; function fish_prompt; echo '$ '; end"},
	} {
		t.Run(shell.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(shell.name); err != nil {
				if os.Getenv("CI") != "" {
					t.Fatal(err)
				}
				t.Skip("needs", shell.name)
			}
			tt := newTerminal(t, dir, "HOME="+t.TempDir())
			tt.line(shell.start)
			tt.line(shell.load)
			tt.line("echo load''ed")
			tt.wait(`(?m)^loaded`)
			tt.complete("gust kern", `\$ gust kernel $`)
			tt.complete("gust test --format=dots-", `\$ gust test --format=dots-v2`)
			tt.complete("gust build ./inner/d", `\$ gust build ./inner/deep $`)
			tt.complete("gust test ./inner -run TestO", `\$ gust test ./inner -run TestOnlyOne`)
			tt.complete("gust test ./inner -run=TestO", `\$ gust test ./inner -run=TestOnlyOne`)
			tt.complete("go mod ti", `\$ go mod tidy`)
			tt.complete("go build -trim", `\$ go build -trimpath`)
		})
	}
}

// complete types the beginning of a line and a Tab, waits for what becomes of
// it, and takes the line back.
func (tt *terminal) complete(text, pattern string) {
	tt.t.Helper()
	tt.keys("C-l")
	tt.tmux("send-keys", "-l", text+"\t")
	tt.wait(`(?m)` + pattern)
	tt.keys("C-u")
}
