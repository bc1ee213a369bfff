package cacheprog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// shelf is a remote's contents, which counts.
type shelf struct {
	mu     sync.Mutex
	all    map[gocache.ID][]byte
	asked  map[gocache.ID]int
	broken int
	hold   chan struct{} // until it is closed nothing is given
}

func (s *shelf) Content(ctx context.Context, e gocache.Entry) (io.ReadCloser, error) {
	s.mu.Lock()
	s.asked[e.Output]++
	b, ok := s.all[e.Output]
	s.mu.Unlock()
	select {
	case <-s.hold:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if !ok {
		return nil, gocache.ErrMiss
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func (s *shelf) Broken(error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken++
}

// known is a list of n actions, whose contents are on a shelf but for the small ones.
func known(n int) (*shelf, []Known) {
	s := &shelf{all: map[gocache.ID][]byte{}, asked: map[gocache.ID]int{}, hold: make(chan struct{})}
	close(s.hold)
	var list []Known
	for i := range n {
		b := bytes.Repeat([]byte{byte(i)}, 100*i)
		k := Known{Action: sha256.Sum256(fmt.Append(nil, i)), Output: sha256.Sum256(b), Size: int64(len(b))}
		if i < 5 {
			k.Body = b
		} else {
			s.all[k.Output] = b
		}
		list = append(list, k)
	}
	return s, list
}

func newTestAhead(t *testing.T, s *shelf, list []Known) (*Ahead, *gocache.Cache, *Stats) {
	t.Helper()
	local, err := gocache.Open(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	stats := new(Stats)
	return NewAhead(list, local, s, time.Now, stats), local, stats
}

func TestAhead(t *testing.T) {
	s, list := known(40)
	big := bytes.Repeat([]byte("big"), piece)
	out := gocache.ID(sha256.Sum256(big))
	s.all[out] = big
	list = append(list, Known{Action: gocache.ID{1}, Output: out, Size: int64(len(big))}, Known{Action: gocache.ID{2}, Output: out, Size: int64(len(big))},
		Known{Action: gocache.ID{3}, Output: list[7].Output, Size: list[7].Size}, Known{Action: gocache.ID{4}, Output: list[7].Output, Size: 1})
	a, local, stats := newTestAhead(t, s, list)
	a.Start(t.Context())
	for _, k := range list[:len(list)-1] {
		w := a.find(k.Action)
		if w == nil {
			t.Fatalf("%x is not known", k.Action)
		}
		e, path, err := a.get(t.Context(), w)
		b, readErr := os.ReadFile(path)
		if err != nil || readErr != nil || e.Output != k.Output || sha256.Sum256(b) != k.Output {
			t.Errorf("%x: %v, %v", k.Action, err, readErr)
		}
		if again, _, err := local.Get(k.Action); err != nil || again.Output != k.Output || again.Size != k.Size {
			t.Errorf("%x is not in the cache: %v", k.Action, err)
		}
	}
	if w := a.find(gocache.ID{4}); w != nil {
		t.Error("an output has two sizes")
	}
	a.Close()
	if len(s.asked) != 36 || s.asked[out] != 1 || s.broken != 0 || stats.Wrong.Load() != 0 {
		t.Errorf("asked for %d contents, %d times for one that two have made; %d broken", len(s.asked), s.asked[out], s.broken)
	}
}

// TestAheadWrong has contents that are not there, not right, too short and too long.
func TestAheadWrong(t *testing.T) {
	s, list := known(12)
	delete(s.all, list[6].Output)
	s.all[list[7].Output] = bytes.Repeat([]byte{1}, 700)
	s.all[list[8].Output] = s.all[list[8].Output][:100]
	s.all[list[9].Output] = append(s.all[list[9].Output], 9)
	list[4].Body = []byte("other")
	list[3].Body = bytes.Repeat([]byte{9}, 300)
	big := bytes.Repeat([]byte("big"), piece)
	for i, b := range [][]byte{big[:len(big)-1], append(big, 'x'), append([]byte{'x'}, big[1:]...)} {
		k := Known{Action: gocache.ID{byte(i + 1)}, Output: sha256.Sum256(fmt.Append(nil, "b", i)), Size: int64(len(big))}
		s.all[k.Output] = b
		list = append(list, k)
	}
	a, local, stats := newTestAhead(t, s, list)
	// What this machine has made is as good.
	b := []byte("made here")
	made := gocache.Entry{Output: sha256.Sum256(b), Size: int64(len(b)), Time: time.Now()}
	if _, err := local.PutBytes(list[10].Action, made, b); err != nil {
		t.Fatal(err)
	}
	a.Start(t.Context())
	for i, k := range list {
		_, _, err := a.get(t.Context(), a.find(k.Action))
		e, _, localErr := local.Get(k.Action)
		switch bad := i == 3 || i == 4 || i >= 6 && i <= 9 || i >= 12; {
		case i == 10 && (err == nil || e.Output != made.Output):
			t.Errorf("what was made here is lost: %v", err)
		case bad && (err == nil || localErr == nil):
			t.Errorf("%d: is taken as it is", i)
		case !bad && i != 10 && (err != nil || e.Output != k.Output):
			t.Errorf("%d: %v", i, err)
		}
	}
	a.Close()
	if s.broken != 8 || stats.Wrong.Load() != 8 {
		t.Errorf("%d are broken, %d wrong", s.broken, stats.Wrong.Load())
	}
}

// TestAheadServes has go ask for what is on the list and what is not.
func TestAheadServes(t *testing.T) {
	s, list := known(12)
	delete(s.all, list[6].Output)
	a, local, _ := newTestAhead(t, s, list)
	a.Start(t.Context())
	var requests strings.Builder
	for i, k := range list {
		fmt.Fprintf(&requests, `{"ID":%d,"Command":"get","ActionID":%q}`+"\n", i+1, base64.StdEncoding.EncodeToString(k.Action[:]))
	}
	fmt.Fprintf(&requests, `{"ID":20,"Command":"get","ActionID":%q}`+"\n"+`{"ID":21,"Command":"close"}`+"\n", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	var mu sync.Mutex
	notes := map[Source]int{}
	server := &Server{Local: local, Remote: emptyRemote{s}, ReadOnly: true, Now: time.Now, Ahead: func() *Ahead { return a },
		Note: func(_ gocache.ID, _ gocache.Entry, from Source) {
			mu.Lock()
			defer mu.Unlock()
			notes[from]++
		}}
	var out bytes.Buffer
	if err := server.Serve(t.Context(), strings.NewReader(requests.String()), &out); err != nil {
		t.Fatal(err)
	}
	a.Close()
	if n := strings.Count(out.String(), `"DiskPath"`); n != 11 || strings.Count(out.String(), `"Miss":true`) != 2 {
		t.Errorf("%d are found: %s", n, out.String())
	}
	if notes[FromRemote] != 11 || len(notes) != 1 || server.Stats.RemoteHits.Load() != 11 || server.Stats.Misses.Load() != 2 {
		t.Errorf("notes are %v", notes)
	}
}

// emptyRemote has contents and no entries.
type emptyRemote struct{ *shelf }

func (emptyRemote) Get(context.Context, gocache.ID) (gocache.Entry, io.ReadCloser, error) {
	return gocache.Entry{}, nil, gocache.ErrMiss
}

func (emptyRemote) Put(context.Context, gocache.ID, gocache.Entry, string) error {
	return gocache.ErrMiss
}

// TestAheadUseless gives a list up that is of another build.
func TestAheadUseless(t *testing.T) {
	s, list := known(200)
	s.hold = make(chan struct{})
	a, _, _ := newTestAhead(t, s, list)
	a.Start(t.Context())
	for range maxUseless {
		if a.find(gocache.ID{1}) != nil {
			t.Fatal("somebody else's action is known")
		}
		a.missed()
	}
	select {
	case s.hold <- struct{}{}: // somebody waits, so it goes on
	case <-time.After(time.Minute):
		t.Fatal("the list is given up too early")
	}
	a.missed()
	a.working.Wait() // nothing else would end it
	if n := int(a.next.Load()); n >= len(list) {
		t.Errorf("%d were fetched all the same", n)
	}
	var none *Ahead
	none.missed()
	if none.find(list[0].Action) != nil {
		t.Error("nothing knows something")
	}
}
