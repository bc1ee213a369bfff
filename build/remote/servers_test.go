package remote

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/internal/testserver"
)

// entries is how many each kind of server is given; GUST_REMOTE_ENTRIES is for
// those with time.
func entries() int {
	if n, err := strconv.Atoi(os.Getenv("GUST_REMOTE_ENTRIES")); err == nil {
		return n
	}
	return 1000
}

// content is that of an entry: of all sizes, now and then more than one message
// of gRPC.
func content(i int) string {
	text := strings.Repeat(fmt.Sprint(i, " "), i%50)
	if i%300 == 7 {
		text = strings.Repeat(text, 20_000)
	}
	return text
}

// each runs a function for numbers below n, several at once.
func each(n int, f func(i int)) {
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := worker; i < n; i += 16 {
				f(i)
			}
		}()
	}
	wg.Wait()
}

// open returns a client with options that all tests have.
func open(t *testing.T, o Options) (*Client, *warnings) {
	t.Helper()
	w := &warnings{}
	o.Warn, o.Now, o.Timeout = w.add, time.Now, time.Minute
	if o.Key.public == nil {
		o.Key, _ = keys(t)
	}
	o.Read, o.Write = true, true
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, w
}

// exchange stores entries and fetches them with the other half of the key: none is
// lost or another, and memory stays small.
func exchange(t *testing.T, o Options, n int) {
	t.Helper()
	sign, check := keys(t)
	o.Key = sign
	writer, said := open(t, o)
	o.Key = check
	reader, heard := open(t, o)
	dir := t.TempDir()
	each(n, func(i int) {
		text := content(i)
		file := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Error(err)
		}
		e := gocache.Entry{Output: sha256.Sum256([]byte(text)), Size: int64(len(text))}
		if err := writer.Put(t.Context(), action(i), e, file); err != nil {
			t.Errorf("put %d: %v", i, err)
		}
		_ = os.Remove(file)
	})
	each(n, func(i int) {
		if got, err := fetch(reader, action(i)); err != nil || got != content(i) {
			t.Errorf("get %d: %d bytes, want %d: %v", i, len(got), len(content(i)), err)
		}
	})
	if _, err := fetch(reader, action(n)); !errors.Is(err, gocache.ErrMiss) {
		t.Errorf("what is not there: %v", err)
	}
	// Whoever can only read writes nothing, and asks for nothing to be written.
	e, file := output(t, "by a reader")
	if err := reader.Put(t.Context(), action(n), e, file); err == nil {
		t.Error("a key that only checks has written")
	}
	if len(said.all)+len(heard.all) > 0 {
		t.Errorf("warnings are %q, %q", said.all, heard.all)
	}
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.Sys > 256<<20 {
		t.Errorf("%d MiB of memory", m.Sys>>20)
	}
}

func fetch(c *Client, a gocache.ID) (string, error) {
	_, body, err := c.Get(context.Background(), a)
	if err != nil {
		return "", err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	return string(data), err
}

// store stores an entry of its own and returns the error.
func store(t *testing.T, c *Client, i int) error {
	t.Helper()
	e, file := output(t, content(i))
	return c.Put(t.Context(), action(i), e, file)
}

// TestNginx: a server that keeps what is PUT, and whoever can write to it.
func TestNginx(t *testing.T) {
	address, root := testserver.Nginx(t)
	url := "http://" + address + "/cache"
	exchange(t, Options{URL: url}, entries())
	sign, check := keys(t)
	writer, _ := open(t, Options{URL: url, Key: sign})
	reader, w := open(t, Options{URL: url, Key: check})
	for i := range 5 {
		if err := store(t, writer, i); err != nil {
			t.Fatal(err)
		}
	}
	// Whoever can write to the server, but has no key, is not believed.
	entry := func(i int) string { return filepath.Join(root, "ac", actionOf(action(i)).name()) }
	any, err := ParseKey(Any)
	if err != nil {
		t.Fatal(err)
	}
	stranger, _ := open(t, Options{URL: url, Key: any})
	e, file := output(t, content(1))
	if err := errors.Join(stranger.Put(t.Context(), action(2), e, file), os.Rename(entry(3), entry(4))); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{2, 4} {
		if _, err := fetch(reader, action(i)); !errors.Is(err, errSignature) {
			t.Errorf("forged entry %d: %v", i, err)
		}
	}
	if len(w.all) != 1 || !strings.Contains(w.all[0], "not signed with the key") {
		t.Errorf("warnings are %q", w.all)
	}
}

// TestRedis: with databases, a password, and a user who may only read.
func TestRedis(t *testing.T) {
	t.Parallel()
	address := testserver.Redis(t, "--requirepass", "pass-word", "--user", "reader", "on", ">read-only", "~*", "+get", "+select", "--maxmemory", "100mb", "--maxmemory-policy", "noeviction")
	exchange(t, Options{URL: "redis://" + address + "/3", Token: "pass-word"}, entries())

	sign, _ := keys(t)
	writer, _ := open(t, Options{URL: "redis://:pass-word@" + address + "/1", Key: sign})
	if err := store(t, writer, 3); err != nil {
		t.Fatal(err)
	}
	reader, w := open(t, Options{URL: "redis://reader:read-only@" + address + "/1", Key: sign})
	for range 5 {
		if err := store(t, reader, 4); err == nil {
			t.Error("a user who may only read has written")
		}
	}
	if got, err := fetch(reader, action(3)); err != nil || got != content(3) {
		t.Errorf("%q, %v", got, err)
	}
	if len(w.all) != 1 || !strings.Contains(w.all[0], "takes nothing from here: NOPERM") {
		t.Errorf("warnings are %q", w.all)
	}
	other, _ := open(t, Options{URL: "redis://:pass-word@" + address, Key: sign})
	if _, err := fetch(other, action(3)); !errors.Is(err, gocache.ErrMiss) {
		t.Errorf("in another database: %v", err)
	}
	stranger, w := open(t, Options{URL: "redis://:wrong-word@" + address})
	for i := range 5 {
		if _, err := fetch(stranger, action(i)); err == nil {
			t.Error("found with a wrong password")
		}
	}
	if len(w.all) != 1 || !strings.Contains(w.all[0], "is left alone: WRONGPASS") || strings.Contains(w.all[0], "wrong-word") {
		t.Errorf("warnings are %q", w.all)
	}
}

// TestStatus has servers speak of themselves, as far as they do.
func TestStatus(t *testing.T) {
	t.Parallel()
	web, rpc := testserver.BazelRemote(t)
	nginx, _ := testserver.Nginx(t)
	none := Status{UsedBytes: -1, LimitBytes: -1, Entries: -1, Hits: -1, Misses: -1, Evicted: -1}
	for _, test := range []struct {
		url   string
		known func(Status) bool
	}{
		{"redis://" + testserver.Redis(t, "--maxmemory", "100mb"), func(s Status) bool {
			return strings.HasPrefix(s.Kind, "redis ") && s.UsedBytes > 0 && s.LimitBytes == 100<<20 && s.Entries == 2 && s.Misses >= 1 && s.Hits == 0 && s.Evicted == 0
		}},
		{"http://" + web + "/below", func(s Status) bool {
			return s.Kind == "bazel-remote" && s.UsedBytes >= 0 && s.LimitBytes == 1<<30 && s.Entries >= 2 && s.Hits == -1
		}},
		{"grpc://" + rpc, func(s Status) bool {
			return s.Kind == "Remote Execution API, contents compressed with zstd" && s.Entries == -1
		}},
		{"http://" + nginx + "/cache", func(s Status) bool { s.Took = 0; return s == none }},
	} {
		c, w := open(t, Options{URL: test.url})
		if err := store(t, c, 1); err != nil {
			t.Fatal(err)
		}
		if s, err := c.Status(t.Context()); err != nil || !test.known(s) || s.Took <= 0 || len(w.all) > 0 {
			t.Errorf("%s: %+v, %v, %q", test.url, s, err, w.all)
		}
		if n := c.Requests(); n.Lookups != 1 || n.Failed != 0 || n.Wait <= 0 || n.Slowest != n.Wait {
			t.Errorf("%s: %+v", test.url, n)
		}
	}
	c, _ := open(t, Options{URL: "http://user:pass-word@127.0.0.1:1"})
	if _, err := c.Status(t.Context()); err == nil || strings.Contains(err.Error(), "pass-word") || c.Requests().Failed != 1 {
		t.Errorf("without a server: %v, %+v", err, c.Requests())
	}
}

// TestRedisFull: a server without room takes no more, and still gives.
func TestRedisFull(t *testing.T) {
	t.Parallel()
	address := testserver.Redis(t, "--maxmemory", "3mb", "--maxmemory-policy", "noeviction")
	c, w := open(t, Options{URL: "redis://" + address})
	if err := store(t, c, 1); err != nil {
		t.Fatal(err)
	}
	full := false
	for i := range 2000 {
		full = store(t, c, i*300+7) != nil || full
		if !c.open(true) {
			break
		}
	}
	if !full || len(w.all) != 1 || !strings.Contains(w.all[0], "is left alone: OOM") {
		t.Errorf("full %t, warnings are %q", full, w.all)
	}
}

// TestTLS: a server in TLS, with and without the certificates that it takes.
func TestTLS(t *testing.T) {
	t.Parallel()
	c := testserver.NewCertificates(t)
	address := testserver.Redis(t, "--port", "0", "--tls-port", "AT", "--tls-cert-file", c.Server, "--tls-key-file", c.ServerKey, "--tls-ca-cert-file", c.CA)
	withTLS(t, Options{URL: "rediss://" + address}, c)
}

// withTLS wants what a server that asks for certificates has to be given.
func withTLS(t *testing.T, o Options, c testserver.Certificates) {
	t.Helper()
	var err error
	if o.TLS, err = TLS(c.CA, c.Client, c.ClientKey); err != nil {
		t.Fatal(err)
	}
	exchange(t, o, 50)
	for _, files := range [][3]string{{c.CA, "", ""}, {"", c.Client, c.ClientKey}} {
		if o.TLS, err = TLS(files[0], files[1], files[2]); err != nil {
			t.Fatal(err)
		}
		client, w := open(t, o)
		for i := range 4 {
			if _, err := fetch(client, action(i)); err == nil || errors.Is(err, gocache.ErrMiss) && i == 0 {
				t.Errorf("%q: %v", files, err)
			}
		}
		if len(w.all) != 1 || !strings.Contains(w.all[0], "is left alone") {
			t.Errorf("%q: warnings are %q", files, w.all)
		}
	}
	for _, files := range [][3]string{{"/nowhere", "", ""}, {c.ClientKey, "", ""}, {"", c.Client, ""}, {"", c.Client, c.ServerKey}} {
		if _, err := TLS(files[0], files[1], files[2]); err == nil {
			t.Errorf("%q is taken", files)
		}
	}
}

// TestVersity: S3, with a wrong key, region and bucket.
func TestVersity(t *testing.T) {
	t.Parallel()
	address, root := testserver.Versity(t)
	if err := os.Mkdir(filepath.Join(root, "go-cache"), 0o777); err != nil {
		t.Fatal(err)
	}
	withBucket(t, address, map[string]string{"key": "403 Forbidden SignatureDoesNotMatch", "bucket": "404 Not Found NoSuchBucket",
		"region": "400 Bad Request AuthorizationHeaderMalformed"})
}

// TestS3: another one, which takes any region.
func TestS3(t *testing.T) {
	t.Parallel()
	withBucket(t, testserver.S3(t, "go-cache"), map[string]string{"key": "403 Forbidden SignatureDoesNotMatch", "bucket": "404 Not Found NoSuchBucket"})
}

// withBucket uses the bucket go-cache, with odd prefixes and in all ways to name keys
// and endpoint, and wants what the server says to what is wrong.
func withBucket(t *testing.T, address string, wrong map[string]string) {
	t.Helper()
	endpoint := "?endpoint=http://" + address
	account := S3{AccessKey: testserver.AccessKey, SecretKey: testserver.SecretKey}
	exchange(t, Options{URL: "s3://go-cache" + endpoint, S3: account}, entries())
	for _, prefix := range []string{"a/b", "a b/", "ä+&=%25/$"} {
		exchange(t, Options{URL: "s3://go-cache/" + prefix + endpoint, S3: account}, 10)
	}
	// The keys of a helper, and the endpoint of the environment.
	asked := 0
	helper := func(_ context.Context, uri string) (Credentials, error) {
		asked++
		if uri != "s3://go-cache/helped" {
			t.Errorf("asked for %q", uri)
		}
		return ParseCredentials([]byte(`{"Version": 1, "AccessKeyId": "` + account.AccessKey + `", "SecretAccessKey": "` + account.SecretKey + `", "Expiration": "2999-01-01T00:00:00Z"}`))
	}
	exchange(t, Options{URL: "s3://go-cache/helped", S3: S3{Endpoint: "http://" + address}, Helper: helper}, 10)
	if asked != 2 { // once each by the one who writes and the one who reads
		t.Errorf("the helper was asked %d times", asked)
	}
	for name, test := range map[string]struct{ url, secret string }{
		"key":    {"s3://go-cache" + endpoint, "wrong"},
		"bucket": {"s3://go-nowhere" + endpoint, account.SecretKey},
		"region": {"s3://go-cache" + endpoint + "&region=mars", account.SecretKey},
	} {
		want, ok := wrong[name]
		if !ok {
			continue
		}
		c, w := open(t, Options{URL: test.url, S3: S3{AccessKey: account.AccessKey, SecretKey: test.secret}})
		for i := range 4 {
			_, _ = fetch(c, action(i))
		}
		if len(w.all) != 1 || !strings.Contains(w.all[0], "is left alone: "+want) || strings.Contains(w.all[0], account.SecretKey) {
			t.Errorf("%s: warnings are %q", name, w.all)
		}
	}
}

// TestBazelRemote: both of its ports, between which entries are shared, as Bazel's
// own are checked by default.
func TestBazelRemote(t *testing.T) {
	t.Parallel()
	web, rpc := testserver.BazelRemote(t)
	exchange(t, Options{URL: "http://" + web}, entries())
	exchange(t, Options{URL: "grpc://" + rpc + "/an/instance"}, entries())
	sign, check := keys(t)
	writer, _ := open(t, Options{URL: "http://" + web, Key: sign})
	reader, _ := open(t, Options{URL: "grpc://" + rpc, Key: check})
	for i := range 20 {
		if err := store(t, writer, i); err != nil {
			t.Fatal(err)
		}
		if got, err := fetch(reader, action(i)); err != nil || got != content(i) {
			t.Errorf("from the other port: %d bytes, %v", len(got), err)
		}
	}
	// An entry whose content is not there is none.
	e, _ := output(t, "nowhere else")
	if err := reader.server.putEntry(t.Context(), actionOf(action(99)), []byte("x"), digest{e.Output, e.Size}); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(reader, action(99)); !errors.Is(err, gocache.ErrMiss) {
		t.Errorf("without its content: %v", err)
	}
}

// TestBazelRemoteInstances: what one instance has, another has not.
func TestBazelRemoteInstances(t *testing.T) {
	t.Parallel()
	_, rpc := testserver.BazelRemote(t, "--enable_ac_key_instance_mangling")
	sign, _ := keys(t)
	one, _ := open(t, Options{URL: "grpc://" + rpc + "/one", Key: sign})
	two, _ := open(t, Options{URL: "grpc://" + rpc + "/two", Key: sign})
	if err := store(t, one, 3); err != nil {
		t.Fatal(err)
	}
	if got, err := fetch(one, action(3)); err != nil || got != content(3) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := fetch(two, action(3)); !errors.Is(err, gocache.ErrMiss) {
		t.Errorf("the other instance: %v", err)
	}
}

// TestBazelRemoteTLS: mTLS on both ports.
func TestBazelRemoteTLS(t *testing.T) {
	t.Parallel()
	c := testserver.NewCertificates(t)
	web, rpc := testserver.BazelRemote(t, "--tls_cert_file", c.Server, "--tls_key_file", c.ServerKey, "--tls_ca_file", c.CA)
	withTLS(t, Options{URL: "reapi://" + rpc}, c)
	withTLS(t, Options{URL: "https://" + web}, c)
}

// TestBazelRemoteUsers: reading is free, writing takes a password.
func TestBazelRemoteUsers(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "htpasswd")
	hash := "{SHA}Q77z6rNBh9cdfh2cwwfF58B2Zag=" // of pass-word
	if err := os.WriteFile(file, []byte("user:"+hash+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	web, rpc := testserver.BazelRemote(t, "--htpasswd_file", file, "--allow_unauthenticated_reads")
	for _, address := range []string{"grpc://%s" + rpc, "http://%s" + web} {
		exchange(t, Options{URL: fmt.Sprintf(address, "user:pass-word@")}, 50)
		c, w := open(t, Options{URL: fmt.Sprintf(address, "user:wrong-word@")})
		for range 4 {
			if err := store(t, c, 3); err == nil {
				t.Error("a wrong password has written")
			}
		}
		if len(w.all) != 1 || !strings.Contains(w.all[0], "takes nothing from here: ") || strings.Contains(w.all[0], "wrong-word") {
			t.Errorf("warnings are %q", w.all)
		}
		stranger, w := open(t, Options{URL: fmt.Sprintf(address, "")})
		if _, err := fetch(stranger, action(-1)); !errors.Is(err, gocache.ErrMiss) || len(w.all) > 0 {
			t.Errorf("reading: %v, %q", err, w.all)
		}
	}
}

// TestBazelRemoteBearer: behind a proxy that wants a token, by variable, header or
// helper.
func TestBazelRemoteBearer(t *testing.T) {
	t.Parallel()
	_, rpc := testserver.BazelRemote(t)
	url := "grpc://" + testserver.BearerProxy(t, rpc, "tok-en")
	helper := func(_ context.Context, uri string) (Credentials, error) {
		if uri != url {
			t.Errorf("asked for %q", uri)
		}
		return ParseCredentials([]byte(`{"headers": {"Authorization": ["Bearer tok-en"]}}`))
	}
	for _, o := range []Options{
		{URL: url, Token: "tok-en"},
		{URL: url, Header: http.Header{"authorization": {"Bearer tok-en"}}},
		{URL: url, Helper: helper},
	} {
		exchange(t, o, 50)
	}
	c, w := open(t, Options{URL: url, Token: "wrong-tok"})
	for i := range 4 {
		_, _ = fetch(c, action(i))
	}
	if len(w.all) != 1 || !strings.Contains(w.all[0], "is left alone: not authenticated: 401") || strings.Contains(w.all[0], "wrong-tok") {
		t.Errorf("warnings are %q", w.all)
	}
}
