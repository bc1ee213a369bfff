package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/build/remote"
)

// A counter counts what is asked of the server behind it.
type counter struct {
	http.Handler
	mu    sync.Mutex
	asked map[string]int // by method and kind
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.asked[r.Method+" "+strings.Split(r.URL.Path, "/")[1]]++
	c.mu.Unlock()
	c.Handler.ServeHTTP(w, r)
}

func (c *counter) take(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.asked[what]
	c.asked = map[string]int{}
	return n
}

// TestBuildAhead has a machine that has nothing build with the list of another one, and
// with lists that are missing, damaged, poisoned, stale and of others.
func TestBuildAhead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs files to be handed over to another process")
	}
	t.Parallel()
	seed := seedMachine(t)
	dir := manyPackages(t, 40)
	age(t, dir)
	plain := seed.copy(dir).build("plain")
	k := &keeper{all: map[string][]byte{}}
	c := &counter{Handler: k, asked: map[string]int{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	sign, check, err := remote.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	// build has a machine that has the standard library and no more.
	build := func(t *testing.T, what, key string) (said string) {
		t.Helper()
		program, said := seed.copy(dir).gustSays(what, "GUST_REMOTE_CACHE="+server.URL, "GUST_REMOTE_CACHE_KEY="+key)
		if !bytes.Equal(program, plain.program) {
			t.Errorf("%s: another program", what)
		}
		return said
	}
	build(t, "fill", sign)
	entries := len(k.all)
	list := k.manifest(t)
	if list.content == "" {
		t.Fatalf("there is no list among %d entries", entries)
	}
	c.take("")
	if said := build(t, "ahead", check); missing(t, said) > 3 || strings.Contains(said, "wrong") {
		t.Errorf("with a list: %s", said)
	}
	asked := c.take("GET ac")
	if asked > 20 {
		t.Errorf("with a list of what is needed %d entries are asked for", asked)
	}
	// What there is, is not sent again; the list loses what was made and is not asked for.
	build(t, "fill again", sign)
	if n := c.take("PUT cas"); n > 2 || len(k.all) > entries+1 {
		t.Errorf("%d contents are sent again, of %d entries there are %d", n, entries, len(k.all))
	}
	list = k.manifest(t)
	build(t, "fill once more", sign)
	if again := k.manifest(t); again != list {
		t.Error("the list is another one though nothing has changed")
	}

	keep := k.copy()
	for name, change := range map[string]func(){
		"missing":         func() { delete(k.all, list.entry) },
		"without content": func() { delete(k.all, list.content) },
		"damaged":         func() { k.all[list.content][len(k.all[list.content])/2] ^= 1 },
		"cut off":         func() { k.all[list.content] = k.all[list.content][:100] },
		"poisoned": func() {
			// It says that each action has made what another one has, and the entry leads
			// to it; but nobody with the key has said so.
			b := bytes.Clone(k.all[list.content])
			copy(b[18:50], k.all[list.content][200:232])
			k.all[fmt.Sprintf("/cas/%x", sha256.Sum256(b))] = b
			k.all[list.entry] = bytes.ReplaceAll(k.all[list.entry], []byte(filepath.Base(list.content)), fmt.Appendf(nil, "%x", sha256.Sum256(b)))
		},
		"without what it names": func() {
			for name := range k.all {
				if strings.HasPrefix(name, "/cas/") && name != list.content {
					delete(k.all, name)
				}
			}
		},
		"of wrong contents": func() {
			for name, b := range k.all {
				if strings.HasPrefix(name, "/cas/") && name != list.content && len(b) > 0 {
					b[len(b)/2] ^= 1
				}
			}
		},
	} {
		k.set(keep)
		change()
		said := build(t, name, check)
		known := name == "missing" || name == "without content" || name == "damaged" || name == "cut off" || name == "poisoned"
		if known && missing(t, said) > 3 {
			t.Errorf("%s: what go asks for is not found: %s", name, said)
		}
		if n := strings.Count(said, "warning"); n > 1 || (name == "damaged" || name == "cut off" || name == "poisoned" || name == "of wrong contents") != (n == 1) {
			t.Errorf("%s: %d warnings: %s", name, n, said)
		}
	}

	// Of a list that is stale all that has not changed is taken.
	k.set(keep)
	file := filepath.Join(dir, "p03", "p.go")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("x += 3"), []byte("x += 33")), 0o666); err != nil {
		t.Fatal(err)
	}
	age(t, dir)
	plain = seed.copy(dir).build("plain again")
	c.take("")
	if said := build(t, "stale", check); missing(t, said) > 10 {
		t.Errorf("with a stale list: %s", said)
	}
	if n := c.take("GET ac"); n > asked+50 { // of 164, each under two names if it is missing; and records

		t.Errorf("with a stale list %d entries are asked for", n)
	}
	// Who may write brings it up to date.
	build(t, "renew", sign)
	if now := k.manifest(t); now.content == list.content || now.entry != list.entry {
		t.Error("the list is not renewed")
	}
}

// age makes files older than go's two seconds: of a folder with younger ones it keeps
// no index, and would ask for one in the second build.
func age(t *testing.T, dir string) {
	t.Helper()
	long := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) // the same each time: an index depends on it
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chtimes(path, long, long)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// missing reads how much of what go asked for was not found.
func missing(t *testing.T, said string) int {
	t.Helper()
	_, line, _ := strings.Cut(said, "gust: remote cache: ")
	var found, all int
	if _, err := fmt.Sscanf(line, "%d of %d found", &found, &all); err != nil {
		t.Fatalf("%v: %q", err, said)
	}
	return all - found
}

// A storedList is where the list of a build is on the server.
type storedList struct{ entry, content string }

// manifest finds the list that is on the server.
func (k *keeper) manifest(t *testing.T) (l storedList) {
	t.Helper()
	for name, b := range k.all {
		if !strings.HasPrefix(name, "/cas/") || !bytes.HasPrefix(b, []byte("gust manifest 1\n")) {
			continue
		}
		for entry, b := range k.all { // older ones have none
			if strings.HasPrefix(entry, "/ac/") && bytes.Contains(b, []byte(filepath.Base(name))) {
				l = storedList{entry, name}
			}
		}
	}
	return l
}

func (k *keeper) copy() map[string][]byte {
	all := map[string][]byte{}
	for name, b := range k.all {
		all[name] = bytes.Clone(b)
	}
	return all
}

func (k *keeper) set(all map[string][]byte) {
	k.all = all
	k.all = k.copy()
}

// gustSays runs gust build, which must succeed, and returns the program and what gust
// has said.
func (m machine) gustSays(name string, env ...string) (program []byte, said string) {
	m.t.Helper()
	out := filepath.Join(m.t.TempDir(), "program")
	text, err := m.gust(out, env...)
	if err != nil || strings.Contains(text, "bug in gust") {
		m.t.Fatalf("%s: %v\n%s", name, err, text)
	}
	if program, err = os.ReadFile(out); err != nil {
		m.t.Fatal(err)
	}
	return program, text
}
