package jsonfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	gotestsum "gotest.tools/gotestsum/cmd"
	"gotest.tools/gotestsum/testjson"
)

type handler struct{ *Recorder }

func (h handler) Event(e testjson.TestEvent, _ *testjson.Execution) error { return h.Recorder.Event(e) }
func (handler) Err(string) error                                          { return nil }

// TestAgreesWithGotestsum compares both logs with gotestsum's, byte by byte.
func TestAgreesWithGotestsum(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "junit", "testdata", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d streams, error %v", len(files), err)
	}
	for _, file := range files {
		stream, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var all, timing bytes.Buffer
		r := New(&all, &timing)
		if _, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: bytes.NewReader(stream), Handler: handler{r}}); err != nil {
			t.Fatal(err)
		}
		if err := r.Flush(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(all.Bytes(), stream) {
			t.Errorf("%s: the log is not the stream", file)
		}
		theirAll, theirTiming := filepath.Join(t.TempDir(), "all"), filepath.Join(t.TempDir(), "timing")
		if err := gotestsum.Run("gotestsum", []string{
			"--format=none", "--hide-summary=all", "--jsonfile=" + theirAll, "--jsonfile-timing-events=" + theirTiming,
			"--raw-command", "--", "cat", file,
		}); err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]*bytes.Buffer{theirAll: &all, theirTiming: &timing} {
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(want) == 0 || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s: %s differs from gotestsum's", file, filepath.Base(name))
			}
		}
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteError(t *testing.T) {
	r := New(full{}, nil)
	stream := bytes.NewReader([]byte(`{"Action":"pass","Package":"p"}` + "\n"))
	if _, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: stream, Handler: handler{r}}); err != nil {
		t.Fatal(err)
	}
	if err := r.Flush(); !errors.Is(err, errFull) {
		t.Errorf("Flush = %v, want %v", err, errFull)
	}
}
