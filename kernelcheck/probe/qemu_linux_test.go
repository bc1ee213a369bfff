package probe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// boot starts a kernel with an initial RAM disk that holds only a static test
// binary as /init, and reads the host it prints on the console.
func boot(t *testing.T, kernel string) *fact.Host {
	t.Helper()
	dir := t.TempDir()
	init := filepath.Join(dir, "init")
	c := exec.Command("go", "test", "-c", "-o", init, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build the init: %v: %s", err, out)
	}
	image := filepath.Join(dir, "initrd")
	writeArchive(t, image, init)
	c = exec.Command("qemu-system-x86_64", "-M", "q35", "-cpu", "max", "-m", "512", "-nographic", "-no-reboot",
		"-kernel", kernel, "-initrd", image, "-append", "console=ttyS0 quiet panic=-1")
	out, err := c.Output()
	if err != nil {
		t.Fatalf("qemu: %v", err)
	}
	_, text, ok := strings.Cut(string(out), bootMark)
	if !ok {
		t.Fatalf("the console has no report: %s", out)
	}
	text, _, _ = strings.Cut(text, bootMark)
	h := new(fact.Host)
	if err := json.Unmarshal([]byte(strings.NewReplacer("\r", "", "\n", "").Replace(text)), h); err != nil {
		t.Fatal(err)
	}
	return h
}

const bootMark = "<<<gust>>>"

// asInit is what the test binary does as the first process of a machine.
func asInit() {
	for _, m := range [][2]string{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tracefs", "/sys/kernel/tracing"}} {
		_ = os.MkdirAll(m[1], 0o755)
		_ = unix.Mount(m[0], m[1], m[0], 0, "")
	}
	out, err := exec.Command("/init", helperCommand).Output()
	fmt.Printf("%s%s%s\n", bootMark, out, bootMark)
	if err != nil {
		fmt.Println(err)
	}
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// writeArchive writes a cpio archive with one program, the console and no more.
func writeArchive(t *testing.T, file, program string) {
	t.Helper()
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	entry := func(name string, mode, major, minor uint32, data []byte) {
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
			b.Len(), mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0, name)
		pad(&b)
		b.Write(data)
		pad(&b)
	}
	entry("dev", 0o040755, 0, 0, nil)
	entry("dev/console", 0o020600, 5, 1, nil)
	entry("init", 0o100755, 0, 0, data)
	entry("TRAILER!!!", 0, 0, 0, nil)
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func pad(b *bytes.Buffer) {
	for b.Len()%4 != 0 {
		b.WriteByte(0)
	}
}
