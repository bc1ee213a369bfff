package cacheprog

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// BenchmarkGet answers requests for what is on this machine, as a warm build has a
// thousand of; the time is of one.
func BenchmarkGet(b *testing.B) {
	c, err := gocache.Open(b.TempDir(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	const entries = 1000
	var put, get bytes.Buffer
	for i := range entries {
		body := fmt.Appendf(nil, "content %d", i)
		action, output := sha256.Sum256(fmt.Append(nil, i)), sha256.Sum256(body)
		fmt.Fprintf(&put, `{"ID":%d,"Command":"put","ActionID":%q,"OutputID":%q,"BodySize":%d}`+"\n%q\n", i+1,
			base64.StdEncoding.EncodeToString(action[:]), base64.StdEncoding.EncodeToString(output[:]), len(body), base64.StdEncoding.EncodeToString(body))
		fmt.Fprintf(&get, `{"ID":%d,"Command":"get","ActionID":%q}`+"\n", i+1, base64.StdEncoding.EncodeToString(action[:]))
	}
	serve := func(requests []byte) int64 {
		s := &Server{Local: c, Now: time.Now}
		if err := s.Serve(b.Context(), bytes.NewReader(requests), io.Discard); err != nil {
			b.Fatal(err)
		}
		return s.Stats.Hits.Load() + s.Stats.Puts.Load()
	}
	if n := serve(put.Bytes()); n != entries {
		b.Fatalf("%d entries are stored", n)
	}
	for n := 0; b.Loop(); n++ {
		if n%entries == 0 {
			if hits := serve(get.Bytes()); hits != entries {
				b.Fatalf("%d entries are found", hits)
			}
		}
	}
}
