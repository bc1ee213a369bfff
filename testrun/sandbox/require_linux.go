package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/process"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// allowHint is what lists all that a sandbox needs of the system.
const allowHint = "run: gust kernel check --for=sandbox"

// probe runs a program in a sandbox, to see whether there is one. What the kernel
// says of itself does not tell: a container, or a security module, may deny it.
func (s *Session) probe(ctx context.Context) error {
	words := box.Words(s.options.Self, "probe", nil)
	env := append(append([]string{}, s.options.Environ...), s.Variable())
	cmd := process.NewForeground(ctx, append(words, s.options.Self, "version"), s.options.Dir, env)
	var out bytes.Buffer
	cmd.SetStdout(&out)
	cmd.SetStderr(&out)
	runErr := cmd.Run()
	names, _ := filepath.Glob(filepath.Join(s.dir, "box-*", box.ReportName))
	if len(names) != 1 {
		return fmt.Errorf("try a sandbox: %w: %s", runErr, out.String())
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		return fmt.Errorf("try a sandbox: %w", err)
	}
	var r box.Report
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("try a sandbox: %w", err)
	}
	removeAll(filepath.Dir(names[0]))
	if r.Error == "" {
		return nil
	}
	missing, hint := whyNot(os.ReadFile)
	if missing != "" {
		missing = ": " + missing
	}
	return fault.New(fault.Capability, hint, "no %s isolation for tests: %s%s", s.options.Require, r.Error, missing)
}

// whyNot says what keeps sandboxes from being made, and how to allow it.
func whyNot(read func(string) ([]byte, error)) (missing, hint string) {
	is := func(name, value string) bool {
		data, err := read("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
		return err == nil && strings.TrimSpace(string(data)) == value
	}
	for _, kind := range []string{"user", "mnt", "pid", "ipc", "uts", "net"} {
		if name := "user.max_" + kind + "_namespaces"; is(name, "0") {
			return name + " is 0", "run: sysctl -w " + name + "=10000"
		}
	}
	if is("kernel.unprivileged_userns_clone", "0") {
		return "kernel.unprivileged_userns_clone is 0", "run: sysctl -w kernel.unprivileged_userns_clone=1"
	}
	if is("kernel.apparmor_restrict_unprivileged_userns", "1") {
		return "kernel.apparmor_restrict_unprivileged_userns is 1", "give gust an AppArmor profile with userns; " + allowHint
	}
	if data, err := read("/proc/self/status"); err == nil && strings.Contains(string(data), "\nSeccomp:\t2") {
		return "a seccomp filter is on, as in containers", "let the container's filter pass clone, unshare and mount (docker run --security-opt seccomp=unconfined); " + allowHint
	}
	return "", allowHint
}
