package remote

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
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
	h, err := New(Options{URL: url, Token: "s3cret", Key: key, Read: true, Write: true, Timeout: 2 * time.Second, Warn: w.add, Now: time.Now})
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
