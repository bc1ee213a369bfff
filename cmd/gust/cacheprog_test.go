package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/build/remote"
	"github.com/gust-go/gust/internal/testcache"
	"github.com/gust-go/gust/internal/testserver"
)

// TestCacheprog has go build with gust cacheprog in place of its cache, on
// several machines that share one, and through a network that is bad.
func TestCacheprog(t *testing.T) {
	t.Parallel()
	dir := manyPackages(t, 30)
	server := httptest.NewServer(&keeper{all: map[string][]byte{}})
	defer server.Close()
	sign, check, err := remote.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	seed := seedMachine(t)
	plain := seed.copy(dir).build("plain")
	one := seed.copy(dir)
	shared := []string{"GOCACHEPROG=gust cacheprog --verbose", "GUST_REMOTE_CACHE=" + server.URL}

	// The first machine makes everything, and go without gust finds it.
	first := one.build("first", append(shared, "GUST_REMOTE_CACHE_KEY="+sign)...)
	if first.compiles != 31 || !bytes.Equal(first.program, plain.program) {
		t.Errorf("the first machine: %d compiles, same program: %t", first.compiles, bytes.Equal(first.program, plain.program))
	}
	if again := one.build("again"); again.compiles != 0 || !bytes.Equal(again.program, plain.program) {
		t.Errorf("go by itself compiles %d of what is there", again.compiles)
	}

	// Another one with the key to read compiles nothing.
	two := seed.copy(dir)
	second := two.build("second", append(shared, "GUST_REMOTE_CACHE_KEY="+check)...)
	if second.compiles != 0 || !bytes.Equal(second.program, plain.program) || !strings.Contains(second.said, " 0 wrong") {
		t.Errorf("the second machine: %d compiles, same program: %t; %s", second.compiles, bytes.Equal(second.program, plain.program), second.said)
	}
	// A stranger's key, none, and a mode there is not: as without a server.
	for _, env := range []string{"GUST_REMOTE_CACHE_KEY=", "GUST_REMOTE_CACHE_KEY=xyzzy", "GUST_REMOTE_CACHE_KEY=" + check + "\x00GUST_REMOTE_CACHE_MODE=write"} {
		got := two.build("warned", append(shared, strings.Split(env, "\x00")...)...)
		if !strings.Contains(got.said, "warning: no remote cache: ") || strings.Contains(got.said, "xyzzy") {
			t.Errorf("%q: %s", env, got.said)
		}
	}
	badNetwork(t, seed, dir, server.URL, sign, plain.program)
}

// seedMachine has what is not of the module, or each build would take long.
func seedMachine(t *testing.T) machine {
	seed := machine{t: t, dir: t.TempDir(), cache: filepath.Join(t.TempDir(), "seed")}
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() { println() }\n"} {
		if err := os.WriteFile(filepath.Join(seed.dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	seed.build("seed")
	return seed
}

// copy is a machine with the same cache, which is its own.
func (m machine) copy(dir string) machine {
	m.t.Helper()
	c := machine{t: m.t, dir: dir, cache: filepath.Join(m.t.TempDir(), "cache")}
	if err := testcache.Link(m.cache, c.cache); err != nil {
		m.t.Fatal(err)
	}
	return c
}

// badNetwork builds through a proxy that delays, cuts, corrupts and refuses.
// GUST_FAULT_BUILDS is how many builds, for those with time.
func badNetwork(t *testing.T, seed machine, dir, server, key string, want []byte) {
	builds, faults := faultBuilds(4), 0
	for i := range builds {
		p := &badProxy{to: server, random: rand.New(rand.NewPCG(uint64(i), 2))}
		proxy := httptest.NewServer(p)
		got := seed.copy(dir).build(fmt.Sprint("fault ", i), "GOCACHEPROG=gust cacheprog --verbose", "GUST_REMOTE_CACHE="+proxy.URL,
			"GUST_REMOTE_CACHE_KEY="+key, "GUST_REMOTE_CACHE_TIMEOUT=300ms")
		proxy.CloseClientConnections()
		proxy.Close()
		faults += p.faults
		if !bytes.Equal(got.program, want) {
			t.Errorf("build %d makes another program", i)
		}
	}
	if faults < 2*builds {
		t.Errorf("only %d faults in %d builds", faults, builds)
	}
}

// faultBuilds is how many builds, or what GUST_FAULT_BUILDS says.
func faultBuilds(n int) int {
	if more, err := strconv.Atoi(os.Getenv("GUST_FAULT_BUILDS")); err == nil {
		return more
	}
	return n
}

// TestCacheprogServers has machines share a cache through each kind of server, and
// through a network that is bad whatever is spoken on it.
func TestCacheprogServers(t *testing.T) {
	t.Parallel()
	seed := seedMachine(t)
	dir := manyPackages(t, 6)
	plain := seed.copy(dir).build("plain")
	t.Run("why", func(t *testing.T) {
		t.Parallel()
		cacheWhy(t, seed)
	})
	for name, start := range map[string]func(*testing.T) (address, format string, env []string){
		"redis": func(t *testing.T) (string, string, []string) {
			return testserver.Redis(t, "--requirepass", "s3cret-word"), "redis://%s/2", []string{"GUST_REMOTE_CACHE_TOKEN=s3cret-word"}
		},
		"http": func(t *testing.T) (string, string, []string) {
			address, _ := testserver.BazelRemote(t)
			return address, "http://%s", nil
		},
		"reapi": func(t *testing.T) (string, string, []string) {
			_, address := testserver.BazelRemote(t)
			return address, "grpc://%s/instance", nil
		},
		"s3": func(t *testing.T) (string, string, []string) {
			return testserver.S3(t, "bucket"), "s3://bucket/go?endpoint=http://%s", []string{"AWS_ACCESS_KEY_ID=" + testserver.AccessKey, "AWS_SECRET_ACCESS_KEY=" + testserver.SecretKey}
		},
		"versity": func(t *testing.T) (string, string, []string) {
			address, root := testserver.Versity(t)
			if err := os.Mkdir(filepath.Join(root, "bucket"), 0o777); err != nil {
				t.Fatal(err)
			}
			return address, "s3://bucket/go?endpoint=http://%s", []string{"AWS_ACCESS_KEY_ID=" + testserver.AccessKey, "AWS_SECRET_ACCESS_KEY=" + testserver.SecretKey}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, format, env := start(t)
			seed := machine{t: t, dir: seed.dir, cache: seed.cache}
			throughServer(t, seed, dir, address, format, env, plain)
		})
	}
}

// throughServer has one machine fill a server, another one use it, and more of them
// reach it over a bad network.
func throughServer(t *testing.T, seed machine, dir, address, format string, env []string, plain built) {
	sign, check, err := remote.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "GOCACHEPROG=gust cacheprog --verbose", "GUST_REMOTE_CACHE="+fmt.Sprintf(format, address))
	first := seed.copy(dir).build("first", append(env, "GUST_REMOTE_CACHE_KEY="+sign)...)
	if first.compiles != plain.compiles || !bytes.Equal(first.program, plain.program) || !strings.Contains(first.said, " 0 not sent") {
		t.Errorf("the first machine: %d compiles: %s", first.compiles, first.said)
	}
	two := seed.copy(dir)
	second := two.build("second", append(env, "GUST_REMOTE_CACHE_KEY="+check)...)
	if second.compiles != 0 || !bytes.Equal(second.program, plain.program) || strings.Contains(second.said, "warning") {
		t.Errorf("the second machine: %d compiles: %s", second.compiles, second.said)
	}
	stats := exec.Command("gust", "cache", "stats", "--remote")
	stats.Env = append(append(os.Environ(), env...), "GUST_REMOTE_CACHE_KEY="+check, "GUST_CACHE="+two.gustCache())
	if said, err := stats.CombinedOutput(); err != nil || !strings.Contains(string(said), "\nlast 30 days: 1 run, ") || !strings.Contains(string(said), " found (") ||
		!strings.Contains(string(said), "\nnow: answers in ") || strings.Contains(string(said), "s3cret-word") {
		t.Errorf("%v: %s", err, said)
	}
	builds, faults, made := faultBuilds(2), int64(0), 0
	for i := range builds {
		link := testserver.NewBadLink(t, address, uint64(i))
		got := seed.copy(dir).build(fmt.Sprint("fault ", i), append(env, "GUST_REMOTE_CACHE="+fmt.Sprintf(format, link.Address),
			"GUST_REMOTE_CACHE_KEY="+sign, "GUST_REMOTE_CACHE_TIMEOUT=300ms")...)
		byGust := seed.copy(dir).gustBuild(fmt.Sprint("fault ", i, " of gust build"), append(env, "GUST_REMOTE_CACHE="+fmt.Sprintf(format, link.Address),
			"GUST_REMOTE_CACHE_KEY="+sign, "GUST_REMOTE_CACHE_TIMEOUT=300ms")...)
		if !bytes.Equal(byGust, plain.program) {
			t.Errorf("gust build %d makes another program", i)
		}
		link.Close()
		faults += link.Faults.Load()
		made += got.compiles
		if !bytes.Equal(got.program, plain.program) {
			t.Errorf("build %d makes another program", i)
		}
		if n := strings.Count(got.said, "warning"); n > 3 || strings.Contains(got.said, "s3cret") {
			t.Errorf("build %d warns %d times: %s", i, n, got.said)
		}
	}
	t.Logf("%d builds, %d faults, %d compiles of %d", builds, faults, made, builds*plain.compiles)
	if builds >= 20 && (faults < int64(builds)/2 || made == 0 || made == builds*plain.compiles) {
		t.Errorf("that was no bad network: %d faults, %d compiles", faults, made)
	}
}

// A machine has a build cache.
type machine struct {
	t          *testing.T
	dir, cache string
}

func (m machine) gustCache() string { return m.cache + ".gust" }

type built struct {
	program  []byte
	compiles int
	said     string // by gust
}

// build runs go build, which must succeed.
func (m machine) build(name string, env ...string) built {
	m.t.Helper()
	out := filepath.Join(m.t.TempDir(), "program")
	cmd := exec.Command("go", "build", "-x", "-trimpath", "-o", out, ".")
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "GOCACHE="+m.cache, "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOENV=off", "CGO_ENABLED=0", "GOCACHEPROG=", "GUST_CACHE="+m.gustCache())
	cmd.Env = append(cmd.Env, env...)
	said, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", name, err, said)
	}
	program, err := os.ReadFile(out)
	if err != nil {
		m.t.Fatal(err)
	}
	b := built{program: program, compiles: strings.Count(string(said), "/compile -o ")}
	for line := range strings.Lines(string(said)) {
		if strings.HasPrefix(line, "gust") {
			b.said += line
		}
	}
	return b
}

// gustBuild runs gust build, which must succeed, and returns the program.
func (m machine) gustBuild(name string, env ...string) []byte {
	m.t.Helper()
	program, _ := m.gustSays(name, env...)
	return program
}

// gust runs gust build and returns what it has said.
func (m machine) gust(out string, env ...string) (said string, err error) {
	cmd := exec.Command("gust", "build", "-trimpath", "-o", out, ".")
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "GOCACHE="+m.cache, "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOENV=off", "CGO_ENABLED=0", "GUST_CACHE="+m.gustCache())
	cmd.Env = append(append(cmd.Env, env...), "GOCACHEPROG=")
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// manyPackages is a module of n packages and their program.
func manyPackages(t *testing.T, n int) string {
	dir := t.TempDir()
	main := "package main\n\nimport (\n"
	for i := range n {
		name := fmt.Sprintf("p%02d", i)
		main += "\t\"m/" + name + "\"\n"
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("package %s\n\nfunc F(x int) int {\n\tfor range x {\n\t\tx += %d\n\t}\n\treturn x\n}\n", name, i)
		if err := os.WriteFile(filepath.Join(dir, name, "p.go"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	main += ")\n\nfunc main() {\n"
	for i := range n {
		main += fmt.Sprintf("\tprintln(p%02d.F(3))\n", i)
	}
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.24\n", "main.go": main + "}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A keeper keeps what is PUT.
type keeper struct {
	mu  sync.Mutex
	all map[string][]byte
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.Method == http.MethodPut {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		k.all[r.URL.Path] = data
		return
	}
	data, ok := k.all[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = w.Write(data)
}

// A badProxy passes most requests on.
type badProxy struct {
	to     string
	mu     sync.Mutex
	random *rand.Rand
	faults int
}

func (p *badProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	fault := p.random.IntN(12)
	at := p.random.Float64()
	if fault < 6 {
		p.faults++
	}
	p.mu.Unlock()
	switch fault {
	case 0:
		time.Sleep(time.Second)
	case 1:
		w.WriteHeader([]int{403, 429, 500, 503}[int(at*4)])
		return
	case 2:
		panic(http.ErrAbortHandler)
	}
	req, err := http.NewRequest(r.Method, p.to+r.URL.Path, r.Body)
	if err != nil {
		panic(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	cut := int(at * float64(len(data)))
	switch {
	case fault == 3 && len(data) > 0: // in the middle
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(data[:cut])
		panic(http.ErrAbortHandler)
	case fault == 4 && len(data) > 0: // without saying so
		data = data[:cut]
	case fault == 5 && len(data) > 0:
		data[cut] ^= 1
	}
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(data)
}
