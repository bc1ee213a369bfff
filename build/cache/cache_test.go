package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

const testOverlay = "go-build/exact-0123456789abcdef"

// newCache is an empty cache in a directory of the test's.
func newCache(t *testing.T) *Cache {
	t.Helper()
	return &Cache{Dir: t.TempDir()}
}

// put writes a file below the cache that was last used so long ago.
func put(t *testing.T, c *Cache, rel string, content []byte, age time.Duration) string {
	t.Helper()
	path := filepath.Join(c.Dir, filepath.FromSlash(rel))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	setAge(t, path, age)
	return path
}

func setAge(t *testing.T, path string, age time.Duration) {
	t.Helper()
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// blob is content of its own with its hash.
func blob(seed string, size int) ([]byte, string) {
	b := []byte(strings.Repeat(seed, size/len(seed)+1)[:size])
	sum := sha256.Sum256(b)
	return b, hex.EncodeToString(sum[:])
}

// putData adds a data file and the action entry that leads to it.
func putData(t *testing.T, c *Cache, seed string, size int, age time.Duration) (data, action string) {
	t.Helper()
	b, sum := blob(seed, size)
	data = put(t, c, testOverlay+"/"+sum[:2]+"/"+sum+"-d", b, age)
	return data, putAction(t, c, seed, sum, size, age)
}

func putAction(t *testing.T, c *Cache, seed, out string, size int, age time.Duration) string {
	t.Helper()
	_, id := blob("action of "+seed, 100)
	line := fmt.Sprintf("v1 %s %s %20d %20d\n", id, out, size, time.Now().UnixNano())
	return put(t, c, testOverlay+"/"+id[:2]+"/"+id+"-a", []byte(line), age)
}

// putStored adds an entry of the store.
func putStored(t *testing.T, c *Cache, seed string, size int, age time.Duration) string {
	t.Helper()
	b, sum := blob(seed, size)
	s := &store.Store{Dir: filepath.Join(c.Dir, "store")}
	if err := s.Put(store.Object, sum, b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Dir, "object", sum[:2], sum[2:])
	setAge(t, path, age)
	return path
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestTrimTakesTheLeastRecentlyUsed(t *testing.T) {
	c := newCache(t)
	const size = 1 << 20
	oldData, oldAction := putData(t, c, "old", size, 50*time.Hour)
	oldStored := putStored(t, c, "old stored", size, 40*time.Hour)
	newData, newAction := putData(t, c, "new", size, 2*time.Hour)
	newStored := putStored(t, c, "new stored", size, time.Hour)
	done, err := c.Trim(context.Background(), 2*size+size/2)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		oldData: false, oldAction: false, oldStored: false, newData: true, newAction: true, newStored: true,
	} {
		if exists(path) != want {
			t.Errorf("%s: there: %t, want %t", path, !want, want)
		}
	}
	if done.Removed != 3 || done.Freed < 2*size || done.Before-done.After != done.Freed {
		t.Errorf("Trim said %+v", done)
	}
	st, err := c.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	// The lock is new since the first count.
	if diff := st.Frees - done.After; diff < 0 || diff > 16<<10 {
		t.Errorf("Stats say %d bytes, Trim left %d", st.Frees, done.After)
	}
}

// A name whose file has another one elsewhere frees nothing: it is neither
// counted nor removed.
func TestSharedDataCountsForNothing(t *testing.T) {
	c := newCache(t)
	const size = 1 << 20
	shared, action := putData(t, c, "shared", size, 50*time.Hour)
	if err := os.Link(shared, filepath.Join(t.TempDir(), "users")); err != nil {
		t.Skipf("no hard links here: %v", err)
	}
	own, _ := putData(t, c, "own", size, 2*time.Hour)
	// Two names in the cache are one file.
	b, _ := os.ReadFile(own)
	_, sum := blob("own", size)
	second := put(t, c, "go-build/relaxed-0123456789abcdef/"+sum[:2]+"/"+sum+"-d", b, time.Hour)
	if err := errors.Join(os.Remove(second), os.Link(own, second)); err != nil {
		t.Fatal(err)
	}
	st, err := c.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if st.Frees < size || st.Frees > size+size/2 || st.Holds < 2*size || st.Holds > 2*size+size/2 {
		t.Errorf("frees %d, holds %d; want about %d and %d", st.Frees, st.Holds, size, 2*size)
	}
	for _, a := range st.Areas {
		if strings.HasPrefix(a.Path, "go-build/") && a.Frees > size/2 {
			t.Errorf("removing %s alone is said to free %d", a.Path, a.Frees)
		}
	}
	if _, err := c.Trim(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	if !exists(shared) || !exists(action) || exists(own) || exists(second) {
		t.Errorf("shared there: %t, its action: %t, own: %t, its second name: %t", exists(shared), exists(action), exists(own), exists(second))
	}
}

func TestTrimLeavesWhatBuildsUse(t *testing.T) {
	c := newCache(t)
	data, action := putData(t, c, "used", 1<<20, 50*time.Hour)
	stored := putStored(t, c, "stored", 1<<20, 60*time.Hour)
	release, err := Use(context.Background(), c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var busy *InUseError
	if _, err := c.Trim(context.Background(), 0); !errors.As(err, &busy) || busy.Kept != 1 {
		t.Errorf("Trim while a build runs: %v", err)
	}
	if !exists(data) || !exists(action) {
		t.Error("Trim took what a build uses")
	}
	if exists(stored) {
		t.Error("Trim left the store alone")
	}
	if _, err := c.Clean(context.Background()); !errors.As(err, &busy) {
		t.Errorf("Clean while a build runs: %v", err)
	}
	if !exists(data) {
		t.Error("Clean took what a build uses")
	}
	if err := c.TrimNowAndThen(context.Background(), 0); err != nil {
		t.Errorf("a build's trim while another one runs: %v", err)
	}
	release()
	if _, err := c.Trim(context.Background(), 0); err != nil || exists(data) {
		t.Errorf("after the build: %v, data there: %t", err, exists(data))
	}
}

// A go command may live on when its gust is killed.
func TestTrimMindsOrphans(t *testing.T) {
	c := newCache(t)
	recent, _ := putData(t, c, "recent", 1<<20, 30*time.Minute)
	old, _ := putData(t, c, "old", 1<<20, 20*time.Hour)
	put(t, c, "session/build-1/log", nil, time.Minute)
	session := filepath.Join(c.Dir, "session", "build-1")
	setAge(t, session, time.Minute)
	if _, err := c.Trim(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	if !exists(recent) || exists(old) {
		t.Errorf("recent there: %t, old there: %t", exists(recent), exists(old))
	}
	setAge(t, filepath.Join(session, "log"), 30*time.Hour)
	setAge(t, session, 30*time.Hour)
	if _, err := c.Trim(context.Background(), 0); err != nil || exists(session) || exists(recent) {
		t.Errorf("a day later: %v, session there: %t, recent there: %t", err, exists(session), exists(recent))
	}
}

func TestTrimsOfBuildsAreHourly(t *testing.T) {
	now := time.Now()
	c := &Cache{Dir: t.TempDir(), Now: func() time.Time { return now }}
	for i, want := range []bool{true, false, true} {
		stored := putStored(t, c, "stored", 1<<16, time.Hour)
		if err := c.TrimNowAndThen(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
		if exists(stored) == want {
			t.Errorf("round %d: entry there: %t", i, !want)
		}
		if i == 1 {
			now = now.Add(61 * time.Minute)
		}
	}
	if (&Cache{Dir: filepath.Join(c.Dir, "none")}).TrimNowAndThen(context.Background(), 0) != nil {
		t.Error("no cache is an error")
	}
}

// damages collects events.
type damages []event.CacheDamage

func (d *damages) Emit(e event.Event) { *d = append(*d, e.(event.CacheDamage)) }

func TestVerify(t *testing.T) {
	c := newCache(t)
	for _, seed := range []string{"a", "b"} {
		putData(t, c, seed, 5000, time.Hour)
		putStored(t, c, seed+" stored", 5000, time.Hour)
	}
	var none damages
	done, err := c.Verify(context.Background(), &none)
	if err != nil || done.Checked != 6 || done.Damaged != 0 || len(none) > 0 {
		t.Fatalf("sound cache: %+v, %v, %v", done, err, none)
	}

	flip := func(path string) {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-2] ^= 1
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		setAge(t, path, time.Hour)
	}
	data, _ := putData(t, c, "c", 5000, time.Hour)
	stored := putStored(t, c, "c stored", 5000, time.Hour)
	_, action := putData(t, c, "d", 5000, time.Hour)
	renamed := putStored(t, c, "e stored", 5000, time.Hour)
	flip(data)
	flip(stored)
	if err := os.Truncate(action, 20); err != nil {
		t.Fatal(err)
	}
	setAge(t, action, time.Hour)
	wrong := renamed[:len(renamed)-4] + "0000"
	if err := os.Rename(renamed, wrong); err != nil {
		t.Fatal(err)
	}
	fresh, _ := putData(t, c, "being written", 5000, 0)
	if err := os.Truncate(fresh, 100); err != nil {
		t.Fatal(err)
	}
	users := filepath.Join(t.TempDir(), "users")
	if err := os.Link(data, users); err != nil {
		t.Fatal(err)
	}

	var bad damages
	done, err = c.Verify(context.Background(), &bad)
	if err != nil || done.Damaged != 4 || done.Dropped != 4 {
		t.Fatalf("damaged cache: %+v, %v, %v", done, err, bad)
	}
	for _, path := range []string{data, stored, action, wrong} {
		rel, _ := filepath.Rel(c.Dir, path)
		i := slices.IndexFunc(bad, func(d event.CacheDamage) bool { return d.Path == filepath.ToSlash(rel) })
		if exists(path) || i < 0 {
			t.Errorf("%s: there: %t, reported: %v", path, exists(path), bad)
		} else if bad[i].Shared != (path == data) {
			t.Errorf("%s: shared is %t", path, bad[i].Shared)
		}
	}
	if !exists(fresh) || !exists(users) {
		t.Error("a file that is being written, or the user's, is gone")
	}
}

func TestCleanTakesOnlyItsOwn(t *testing.T) {
	c := newCache(t)
	putData(t, c, "a", 5000, time.Hour)
	putStored(t, c, "stored", 5000, time.Hour)
	put(t, c, "session/build-7/log", nil, time.Hour)
	b, sum := blob("executable", 5000)
	put(t, c, testOverlay+"/"+sum[:2]+"/"+sum+"-d/app", b, time.Hour)
	outside := t.TempDir()
	precious := filepath.Join(outside, "precious")
	if err := os.WriteFile(precious, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	kept := []string{
		put(t, c, "notes.txt", nil, time.Hour),
		put(t, c, "store/object/README", nil, time.Hour),
		put(t, c, "go-build/00/"+sum+"-d", nil, time.Hour),
		put(t, c, testOverlay+"/fuzz/corpus/seed", nil, time.Hour),
		put(t, c, testOverlay+"/ab/notes", nil, time.Hour),
	}
	for _, link := range []string{"store/last", "session/build-9", testOverlay + "/cd"} {
		if err := os.Symlink(outside, filepath.Join(c.Dir, filepath.FromSlash(link))); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	done, err := c.Clean(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(kept, precious) {
		if !exists(path) {
			t.Errorf("%s is gone", path)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(c.Dir, testOverlay, "*", "*-[ad]")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	// The fuzz directory stands for what is in it.
	if len(done.Foreign) != len(kept)+2 {
		t.Errorf("left alone: %q", done.Foreign)
	}
}

func TestCleanRemovesTheFolder(t *testing.T) {
	c := &Cache{Dir: filepath.Join(t.TempDir(), "gust")}
	if _, err := c.Clean(context.Background()); err != nil {
		t.Fatalf("no cache: %v", err)
	}
	putData(t, c, "a", 5000, time.Hour)
	putStored(t, c, "stored", 5000, time.Hour)
	if err := c.Record(event.BuildSummary{Compiled: 1}); err != nil {
		t.Fatal(err)
	}
	done, err := c.Clean(context.Background())
	if err != nil || exists(c.Dir) {
		t.Errorf("%+v, %v, folder there: %t", done, err, exists(c.Dir))
	}
}

func TestCheck(t *testing.T) {
	home := t.TempDir()
	gocache := filepath.Join(home, ".cache", "go-build")
	if err := os.MkdirAll(gocache, 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	places := []Place{{"HOME", home}, {"GOCACHE", gocache}, {"GOROOT", ""}}
	for dir, want := range map[string]string{
		filepath.Join(home, ".cache", "gust"): "",
		filepath.Join(home, "a", "b"):         "",
		home:                                  "HOME is in it",
		filepath.Dir(home):                    "HOME is in it",
		filepath.Join(home, ".cache"):         "GOCACHE is in it",
		gocache:                               "GOCACHE is in it",
		filepath.Join(gocache, "00"):          "it is in GOCACHE",
		file:                                  "not a directory",
		"relative":                            "not an absolute path",
		filepath.VolumeName(home) + string(filepath.Separator): "the root directory",
	} {
		err := (&Cache{Dir: dir}).Check(places)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Check of %q: %v, want %q", dir, err, want)
		}
	}
}

func TestUsage(t *testing.T) {
	now := time.Now()
	c := &Cache{Dir: t.TempDir(), Now: func() time.Time { return now }}
	for _, b := range []event.BuildSummary{{Compiled: 9, SavedNS: 1}, {}, {Compiled: 1, Reused: 2, Relinked: 3, SavedNS: 4}} {
		if err := c.Record(b); err != nil {
			t.Fatal(err)
		}
		now = now.Add(20 * 24 * time.Hour)
	}
	now = now.Add(-20 * 24 * time.Hour)
	f, err := os.OpenFile(filepath.Join(c.Dir, usageName), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("{\"t\":1}\nrubbish\n{\"t\":99999999999,\"c\":-5}")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	st, err := c.Stats(context.Background())
	want := Usage{Builds: 2, Compiled: 1, Reused: 2, Relinked: 3, Saved: 4}
	if err != nil || st.Usage != want {
		t.Errorf("usage %+v, %v; want %+v (the last line lies in the future)", st.Usage, err, want)
	}
}

func TestRemotes(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	c := &Cache{Dir: t.TempDir(), Now: func() time.Time { return now }}
	if err := c.RecordRemote("old", event.BuildRemote{Found: 1}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(40 * 24 * time.Hour)
	for _, r := range []struct {
		server string
		run    event.BuildRemote
	}{{"b", event.BuildRemote{Found: 1, Lookups: 2, SlowestNS: 9}}, {"a", event.BuildRemote{Sent: 5}}, {"a", event.BuildRemote{Missing: 2, Failed: 1, SlowestNS: 4}}} {
		if err := c.RecordRemote(r.server, r.run); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Remotes()
	want := []RemoteUsage{{"a", 2, event.BuildRemote{Sent: 5, Missing: 2, Failed: 1, SlowestNS: 4}}, {"b", 1, event.BuildRemote{Found: 1, Lookups: 2, SlowestNS: 9}}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if done, err := c.Clean(context.Background()); err != nil || len(done.Foreign) > 0 {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestUsageIsShortened(t *testing.T) {
	now := time.Now()
	c := &Cache{Dir: t.TempDir(), Now: func() time.Time { return now }}
	old := fmt.Sprintf("{\"t\":%d,\"c\":1}\n", now.Add(-31*24*time.Hour).Unix())
	put(t, c, usageName, []byte(strings.Repeat(old, usageMax/len(old)+1)), 0)
	if err := c.Record(event.BuildSummary{Compiled: 7}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Trim(context.Background(), DefaultLimit); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(c.Dir, usageName))
	if err != nil || info.Size() > 200 {
		t.Errorf("record of %d bytes, %v", info.Size(), err)
	}
	if st, err := c.Stats(context.Background()); err != nil || st.Usage.Compiled != 7 {
		t.Errorf("usage %+v, %v", st.Usage, err)
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "10GiB": 10 << 30, "10g": 10 << 30, "1kB": 1000, " 1.5 MiB ": 3 << 19,
		"none": NoLimit, "99999999999T": NoLimit,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-1", "GiB", "1.2.3", "10 elephants", "1e9", "0x10", "NaN", "Inf"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d", text, got)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1 << 20: "1.0 MiB", 10 << 30: "10.0 GiB", 1<<20 - 1: "1.0 MiB"} {
		if got := FormatSize(n); got != want {
			t.Errorf("FormatSize(%d) = %q, want %q", n, got, want)
		}
	}
}
