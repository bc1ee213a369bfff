package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gust-go/gust/internal/gocmd"
)

// TestCannotKeepAside looks at checkouts as a user without privileges does: root runs it
// once more as nobody.
func TestCannotKeepAside(t *testing.T) {
	if dir := os.Getenv("GUST_FOREIGN"); dir != "" {
		for name, foreign := range map[string]bool{"own": false, "group": true, "owner": true} {
			got := CannotKeepAside(gocmd.Env{GOMOD: filepath.Join(dir, name, "go.mod")})
			if (got != "") != foreign || foreign && !strings.Contains(got, name+" belongs to user") {
				t.Errorf("%s: %q", name, got)
			}
		}
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root can give directories to others")
	}
	dir, err := os.MkdirTemp("/var/tmp", "gust-foreign-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, owner := range map[string][2]int{"own": {65534, 65534}, "group": {65534, 0}, "owner": {0, 65534}} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(filepath.Join(dir, name), owner[0], owner[1]); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "program")
	if err := copyFile(self, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=TestCannotKeepAside", "-test.v")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GUST_FOREIGN="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestCannotKeepAside") {
		t.Errorf("%v: %s", err, out)
	}
	if got := CannotKeepAside(gocmd.Env{GOMOD: filepath.Join(dir, "group", "go.mod")}); allRights() && got != "" {
		t.Errorf("root: %q", got)
	}
}
