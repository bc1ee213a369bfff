package build

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTestArgs(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"-json ./...", "-test.v=test2json -test.timeout=10m0s"},
		{"-json -v -run=X -timeout 5m ./...", "-test.v=test2json -test.v=true -test.run=X -test.timeout=5m0s"},
		{"-json -race -test.short=0 ./... -parallel=2", "-test.v=test2json -test.timeout=10m0s -test.short=false -test.parallel=2"},
	} {
		got, err := testArgs("test", strings.Fields(tt.args))
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, %v", tt.args, got, err)
		}
	}
	for _, bad := range []string{"-timeout=soon .", "-short=perhaps .", "-unknown ."} {
		if got, err := testArgs("test", strings.Fields(bad)); err == nil {
			t.Errorf("%s: %q", bad, got)
		}
	}
}

func TestReplayable(t *testing.T) {
	for args, want := range map[string]bool{
		"-json ./...": true, "-json -race -run X -vet=off .": true, "-json -tags=a -exec x .": true,
		"-count=1 .": false, "-bench=. .": false, "-cover .": false, "-coverprofile=c .": false, "-o x .": false,
		"-toolexec=x .": false, "-unknown .": false, "-buildvcs=true .": false, "-shuffle=on .": false, "-c .": false,
	} {
		if got := replayable("test", strings.Fields(args)); got != want {
			t.Errorf("%s: %t", args, got)
		}
	}
}

const cachedStream = `{"Time":"2026-01-02T03:04:05.6Z","Action":"start","Package":"m/a"}
{"Time":"2026-01-02T03:04:05.6Z","Action":"run","Package":"m/a","Test":"T"}
{"Time":"2026-01-02T03:04:05.6Z","Action":"output","Package":"m/a","Test":"T","Output":"{\"Action\":\"fail\"}\n"}
{"Time":"2026-01-02T03:04:05.6Z","Action":"pass","Package":"m/a","Test":"T","Elapsed":0}
{"Time":"2026-01-02T03:04:05.6Z","Action":"output","Package":"m/a","Output":"ok  \tm/a\t(cached)\n"}
{"Time":"2026-01-02T03:04:05.6Z","Action":"pass","Package":"m/a","Elapsed":0}
{"Time":"2026-01-02T03:04:05.6Z","Action":"output","Package":"m/b","Output":"?   \tm/b\t[no test files]\n"}
{"Time":"2026-01-02T03:04:05.6Z","Action":"skip","Package":"m/b","Elapsed":0}
`

func TestCachedPackages(t *testing.T) {
	got, err := cachedPackages([]byte(cachedStream))
	if err != nil || len(got) != 1 || !got["m/a"] {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{
		strings.Replace(cachedStream, "(cached)", "0.003s", 1),
		strings.Replace(cachedStream, `"pass","Package":"m/a","Elapsed"`, `"fail","Package":"m/a","Elapsed"`, 1),
		strings.Replace(cachedStream, "[no test files]", "[no tests]", 1),
		cachedStream + "a line of something else\n",
		cachedStream + `{"ImportPath":"m/c","Action":"build-output","Output":"warning"}` + "\n",
	} {
		if got, err := cachedPackages([]byte(bad)); err == nil {
			t.Errorf("%v for\n%s", got, bad)
		}
	}
}

func TestRecord(t *testing.T) {
	r := &record{Release: "go1.26.8", Stream: []byte(cachedStream)}
	data, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := decodeRecord(data)
	if err != nil || back.Release != r.Release || !bytes.Equal(back.Stream, r.Stream) {
		t.Fatalf("got %+v, %v", back, err)
	}
	var out bytes.Buffer
	if err := back.write(&out, time.Date(2026, 11, 26, 1, 2, 3, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(cachedStream, "2026-01-02T03:04:05.6Z", "2026-11-26T01:02:03Z"); out.String() != want {
		t.Errorf("got\n%s", &out)
	}
	if _, err := decodeRecord([]byte("{}")); err == nil {
		t.Error("a record without a stream was read")
	}
}

func TestRecording(t *testing.T) {
	var r Recording
	_, _ = r.Write([]byte("before"))
	r.start()
	_, _ = r.Write([]byte("a"))
	_, _ = r.Write([]byte("b"))
	if data, ok := r.stop(); !ok || string(data) != "ab" {
		t.Errorf("recorded %q, %t", data, ok)
	}
	r.start()
	for range 3 {
		_, _ = r.Write(slices.Repeat([]byte("x"), maxRecording/2))
	}
	if data, ok := r.stop(); ok || data != nil {
		t.Errorf("recorded %d bytes, which are too many", len(data))
	}
}
