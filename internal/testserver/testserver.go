// Package testserver starts the real servers that gust's remote cache speaks to,
// for tests: nginx, Redis, bazel-remote, versitygw and rclone's S3, each on a port of its own with
// a directory that goes with the test. Only tests import it.
package testserver

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Dir names the variable with the directory of what .ci/remote-servers has built.
const Dir = "GUST_REMOTE_SERVERS"

// find looks for a program, in the directory that Dir names and in PATH. What there
// is without it is said; CI must have it.
func find(t *testing.T, name, get string, ci bool) string {
	t.Helper()
	path := filepath.Join(os.Getenv(Dir), name)
	if _, err := os.Stat(path); err == nil && os.Getenv(Dir) != "" {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil && ci && os.Getenv("CI") != "" {
		t.Fatalf("no %s, which CI must have", name)
	}
	if err != nil {
		t.Skipf("NOT TESTED against %s, which is neither in %s nor in PATH; run: %s", name, Dir, get)
	}
	return path
}

// addresses are of ports that are free.
func addresses(t *testing.T, n int) (all []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		all = append(all, l.Addr().String())
	}
	return all
}

// said keeps what a server writes.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// start runs a server until the end of the test, and waits for its ports.
func start(t *testing.T, cmd *exec.Cmd, addresses ...string) {
	t.Helper()
	var out said
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	deadline := time.After(2 * time.Minute)
	for _, address := range addresses {
		for {
			if c, err := net.Dial("tcp", address); err == nil {
				_ = c.Close()
				break
			}
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ended:
				t.Fatalf("%s has ended: %s", cmd.Path, out.String())
			case <-deadline:
				t.Fatalf("%s does not answer: %s", cmd.Path, out.String())
			}
		}
	}
}

// startNginx runs it with a server block, in which %[1]s is a directory and %[2]s an
// address.
func startNginx(t *testing.T, block string) (address, dir string) {
	t.Helper()
	path := find(t, "nginx", "apt-get install nginx-light", true)
	dir = t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // nginx may give up root
		t.Fatal(err)
	}
	address = addresses(t, 1)[0]
	conf := fmt.Sprintf(`
pid %[1]s/pid; error_log %[1]s/error; daemon off; master_process off;
events {}
http {
	access_log off; client_max_body_size 0;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	server { server_tokens off; `+block+` }
}`, dir, address)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "root"), 0o777), os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o600)); err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command(path, "-c", filepath.Join(dir, "conf"), "-p", dir), address)
	return address, dir
}

// Nginx keeps what is PUT below http://ADDRESS/cache, in the files of root.
func Nginx(t *testing.T) (address, root string) {
	t.Helper()
	address, dir := startNginx(t, `listen %[2]s; root %[1]s/root;
		location /cache/ { alias %[1]s/root/; dav_methods PUT; create_full_put_path on; }`)
	return address, filepath.Join(dir, "root")
}

// BearerProxy passes gRPC on to another address, from those with a token.
func BearerProxy(t *testing.T, to, token string) (address string) {
	t.Helper()
	address, _ = startNginx(t, `listen %[2]s http2; location / {
		if ($http_authorization != "Bearer `+token+`") { return 401; }
		grpc_pass grpc://`+to+`; }`)
	return address
}

// BazelRemote starts bazel-remote with more arguments.
func BazelRemote(t *testing.T, args ...string) (http, grpc string) {
	t.Helper()
	path := find(t, "bazel-remote", ".ci/remote-servers DIR", true)
	at := addresses(t, 2)
	args = append([]string{"--dir", t.TempDir(), "--max_size", "1", "--access_log_level", "none", "--http_address", at[0], "--grpc_address", at[1]}, args...)
	start(t, exec.Command(path, args...), at...)
	return at[0], at[1]
}

// Keys of the account that S3 and Versity have.
const (
	AccessKey = "gustaccess"
	SecretKey = "gust-s3cret-key"
)

// S3 starts the server of rclone serve s3, with buckets.
func S3(t *testing.T, buckets ...string) (address string) {
	t.Helper()
	path := find(t, "s3", ".ci/remote-servers DIR s3", true)
	address = addresses(t, 1)[0]
	cmd := exec.Command(path, append([]string{address}, buckets...)...)
	cmd.Env = append(os.Environ(), "S3_ACCESS_KEY="+AccessKey, "S3_SECRET_KEY="+SecretKey)
	start(t, cmd, address)
	return address
}

// Versity starts versitygw. Buckets are the directories in root.
func Versity(t *testing.T, args ...string) (address, root string) {
	t.Helper()
	path := find(t, "versitygw", ".ci/remote-servers DIR", false) // takes CI too long to build
	root = t.TempDir()
	address = addresses(t, 1)[0]
	cmd := exec.Command(path, append(append([]string{"--port", address}, args...), "posix", "--nometa", root)...)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+AccessKey, "ROOT_SECRET_KEY="+SecretKey)
	start(t, cmd, address)
	return address, root
}

// Redis starts redis-server with more arguments, in which AT is its port; without
// any there is no password.
func Redis(t *testing.T, args ...string) (address string) {
	t.Helper()
	path := find(t, "redis-server", "apt-get install redis-server", true)
	address = addresses(t, 1)[0]
	_, port, _ := strings.Cut(address, ":")
	args = append([]string{"--port", "AT", "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir()}, args...)
	for i, arg := range args {
		if arg == "AT" {
			args[i] = port
		}
	}
	start(t, exec.Command(path, args...), address)
	return address
}
