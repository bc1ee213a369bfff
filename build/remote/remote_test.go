package remote

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

func keys(t *testing.T) (sign, check Key) {
	t.Helper()
	a, b, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if sign, err = ParseKey(a); err != nil {
		t.Fatal(err)
	}
	if check, err = ParseKey(b); err != nil {
		t.Fatal(err)
	}
	return sign, check
}

// warnings gathers what the user is told.
type warnings struct {
	mu  sync.Mutex
	all []string
}

func (w *warnings) add(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, text)
}

func dial(t *testing.T, url string, key Key, w *warnings) *Client {
	t.Helper()
	h, err := New(Options{URL: url, Token: "s3cret", Key: key, Read: true, Write: true, Timeout: 2 * time.Second, Warn: w.add})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func output(t *testing.T, text string) (gocache.Entry, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return gocache.Entry{Output: sha256.Sum256([]byte(text)), Size: int64(len(text))}, file
}

func action(i int) gocache.ID { return sha256.Sum256(fmt.Append(nil, i)) }

// nginx starts a server that keeps what is PUT.
func nginx(t *testing.T) (url, root string) {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no nginx, which CI must have")
		}
		t.Skip("needs nginx (apt-get install nginx-light): the remote cache is not tested against a real server")
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // nginx may give up root
		t.Fatal(err)
	}
	root = filepath.Join(dir, "root")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	conf := fmt.Sprintf(`
pid %[1]s/pid; error_log %[1]s/error; daemon off; master_process off;
events {}
http {
	access_log off; client_max_body_size 0;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	server {
		listen %[2]s; root %[1]s/root; server_tokens off;
		location /cache/ { alias %[1]s/root/; dav_methods PUT; create_full_put_path on; }
	}
}`, dir, address)
	if err := errors.Join(os.Mkdir(root, 0o777), os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-c", filepath.Join(dir, "conf"), "-p", dir)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return "http://" + address + "/cache", root
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx does not answer: %s", said.String())
		}
	}
}

// TestNginx stores and fetches with a real server: 10,000 entries, of which
// none is lost or another.
func TestNginx(t *testing.T) {
	url, root := nginx(t)
	sign, check := keys(t)
	var w warnings
	writer, reader := dial(t, url, sign, &w), dial(t, url, check, &w)
	const n = 10_000
	text := func(i int) string { return strings.Repeat(fmt.Sprint(i, " "), i%50) }
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			file := filepath.Join(t.TempDir(), "out")
			for i := worker; i < n; i += 16 {
				if err := os.WriteFile(file, []byte(text(i)), 0o600); err != nil {
					t.Error(err)
				}
				e := gocache.Entry{Output: sha256.Sum256([]byte(text(i))), Size: int64(len(text(i)))}
				if err := writer.Put(t.Context(), action(i), e, file); err != nil {
					t.Errorf("put %d: %v", i, err)
				}
			}
		}()
	}
	wg.Wait()
	for worker := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := worker; i < n; i += 16 {
				_, body, err := reader.Get(t.Context(), action(i))
				if err != nil {
					t.Errorf("get %d: %v", i, err)
					continue
				}
				data, err := io.ReadAll(body)
				if _ = body.Close(); err != nil || string(data) != text(i) {
					t.Errorf("get %d: %q, %v", i, data, err)
				}
			}
		}()
	}
	wg.Wait()
	if _, _, err := reader.Get(t.Context(), action(n)); !errors.Is(err, gocache.ErrMiss) {
		t.Errorf("what is not there: %v", err)
	}
	// Whoever can only read writes nothing, and asks for nothing to be written.
	e, file := output(t, "by a reader")
	if err := reader.Put(t.Context(), action(n), e, file); err == nil {
		t.Error("a key that only checks has written")
	}
	// Whoever can write to the server, but has no key, is not believed.
	forged := fmt.Sprintf("gust1 %x %d %s\n", sha256.Sum256([]byte(text(1))), len(text(1)), "")
	if err := os.WriteFile(filepath.Join(root, "ac", actionOf(action(2)).name()), []byte(forged), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(root, "ac", actionOf(action(3)).name()), filepath.Join(root, "ac", actionOf(action(4)).name())); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{2, 4} {
		if _, _, err := reader.Get(t.Context(), action(i)); !errors.Is(err, errSignature) {
			t.Errorf("forged entry %d: %v", i, err)
		}
	}
	if len(w.all) != 1 || !strings.Contains(w.all[0], "not signed with the key") {
		t.Errorf("warnings are %q", w.all)
	}
}

// TestTrouble: a server in trouble is left alone after a while, and said once.
func TestTrouble(t *testing.T) {
	sign, _ := keys(t)
	e, file := output(t, "text")
	hang := make(chan struct{})
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		off    bool
		warn   string
	}{
		"500":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, true, "is left alone: 500"},
		"429":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, true, "is left alone: 429"},
		"hangs":   {func(_ http.ResponseWriter, r *http.Request) { <-hang }, true, "is left alone: it takes too long to answer"},
		"resets":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, "is left alone"},
		"garbage": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>log in</html>") }, false, "not an entry of gust's"},
		"moves": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, true, "is left alone: 302"},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			var mu sync.Mutex
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				requests++
				mu.Unlock()
				test.answer(w, r)
			}))
			defer server.Close()
			if name == "hangs" {
				defer close(hang)
			}
			var w warnings
			h := dial(t, server.URL, sign, &w)
			h.o.Timeout = 100 * time.Millisecond
			for i := range 10 {
				if _, _, err := h.Get(t.Context(), action(i)); err == nil {
					t.Error("something was found")
				}
			}
			if !h.open(false) != test.off {
				t.Errorf("off: %t, want %t", !h.open(false), test.off)
			}
			if test.off && requests > maxFailures+1 { // a reset is tried again by net/http
				t.Errorf("%d requests", requests)
			}
			if len(w.all) != 1 || !strings.Contains(w.all[0], test.warn) || strings.Contains(w.all[0], "s3cret") {
				t.Errorf("warnings are %q", w.all)
			}
		})
	}

	t.Run("read only", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer s3cret" {
				t.Error("no token")
			}
			w.WriteHeader(map[string]int{"PUT": 403, "GET": 404}[r.Method])
		}))
		defer server.Close()
		var w warnings
		h := dial(t, server.URL, sign, &w)
		for range 5 {
			if err := h.Put(t.Context(), action(1), e, file); err == nil {
				t.Error("put")
			}
		}
		if _, _, err := h.Get(t.Context(), action(1)); !errors.Is(err, gocache.ErrMiss) || !h.open(false) {
			t.Errorf("get: %v", err)
		}
		if len(w.all) != 1 || !strings.Contains(w.all[0], "takes nothing from here: 403") {
			t.Errorf("warnings are %q", w.all)
		}
	})
}

// TestSecrets: no password, token or key is in what is said.
func TestSecrets(t *testing.T) {
	sign, _ := keys(t)
	var w warnings
	h, err := New(Options{URL: "http://user:pass-word@127.0.0.1:1/c", Token: "tok-en", Key: sign, Read: true, Timeout: time.Second, Warn: w.add})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		_, _, err = h.Get(t.Context(), action(i))
	}
	said := strings.Join(w.all, "\n") + fmt.Sprint(err, h.Name())
	if len(w.all) != 1 || strings.Contains(said, "pass-word") || strings.Contains(said, "tok-en") {
		t.Errorf("said: %s", said)
	}
	for _, bad := range []string{"", "host", "ftp://h/", "http://", "http://u:pass-word@h/%zz", "http://u:pass-word@h/?q"} {
		if _, err := New(Options{URL: bad}); err == nil || strings.Contains(err.Error(), "pass-word") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "sign:", "sign:xx", "check:AAAA", "none", "Anyone"} {
		if _, err := ParseKey(bad); !errors.Is(err, ErrKey) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestAnyone: without keys everybody who can write to the server is believed.
func TestAnyone(t *testing.T) {
	key, err := ParseKey(Any)
	if err != nil || !key.CanSign() {
		t.Fatal(err)
	}
	e, _ := output(t, "x")
	if got, err := key.decode(action(1), key.encode(action(1), e)); err != nil || got != e {
		t.Errorf("%+v, %v", got, err)
	}
	sign, check := keys(t)
	if _, err := check.decode(action(1), key.encode(action(1), e)); err == nil {
		t.Error("an entry without a signature is believed")
	}
	if _, err := check.decode(action(1), sign.encode(action(2), e)); err == nil {
		t.Error("an entry of another action is believed")
	}
}
