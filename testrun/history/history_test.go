package history

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/testrun"
)

// collect reads recorded streams as consecutive runs.
func collect(t *testing.T, files ...string) *Collector {
	t.Helper()
	var c Collector
	for i, file := range files {
		f, err := os.Open(filepath.Join("..", "junit", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		sink := sinkFunc(func(e event.Event) {
			switch e := e.(type) {
			case event.TestCase:
				e.Run = i
				c.Emit(e)
			case event.TestPackage:
				e.Run = i
				c.Emit(e)
			}
		})
		if _, err := testrun.Report(f, testrun.Options{}, sink); err != nil {
			t.Fatal(err)
		}
	}
	return &c
}

type sinkFunc func(event.Event)

func (f sinkFunc) Emit(e event.Event) { f(e) }

func TestRecords(t *testing.T) {
	run := Run{ID: "r1", Time: time.Unix(1, 0).UTC(), Root: "/src"}
	got := collect(t, "round1.json", "round2.json").Records(run)
	if len(got) != 1 || got[0].Result != Fail || got[0].Root != "/src" || got[0].ElapsedNS == 0 {
		t.Fatalf("got %+v", got)
	}
	results := make(map[string]string)
	for _, test := range got[0].Tests {
		results[test.Name] = test.Result
	}
	if want := map[string]string{"TestBroken": Fail, "TestFlaky": Flaky, "TestFine": Pass}; !reflect.DeepEqual(results, want) {
		t.Errorf("results %v, want %v", results, want)
	}
	mixed := collect(t, "mixed-go1.26.8.json").Records(run)
	if len(mixed) != 4 {
		t.Errorf("%d packages, want 4", len(mixed))
	}
	failed := Failed(mixed, "/src")
	if _, ok := failed["example.com/rec/broken"]; !ok || len(failed["example.com/rec/broken"]) != 0 {
		t.Errorf("a package that did not build is not to be run whole: %v", failed)
	}
	if got := failed["example.com/rec/bad"]; !reflect.DeepEqual(got, []string{"TestColour", "TestPanic", "TestTable", "TestTable/one/two"}) {
		t.Errorf("failed tests of bad: %q", got)
	}
	if _, ok := failed["example.com/rec/ok"]; ok {
		t.Error("a package that passed counts as failed")
	}
}

// record makes a record of package p: "TestA=pass TestB=fail".
func record(n int, partial bool, tests string) Record {
	r := Record{V: 1, Run: fmt.Sprint(n), Time: time.Unix(int64(n), 0).UTC(), Root: "/src", Package: "p", Result: Pass, Partial: partial, ElapsedNS: int64(n)}
	for _, field := range strings.Fields(tests) {
		name, result, _ := strings.Cut(field, "=")
		r.Tests = append(r.Tests, Test{Name: name, Result: result, ElapsedNS: int64(n)})
		if result == Fail {
			r.Result = Fail
		}
	}
	return r
}

func TestFailed(t *testing.T) {
	build := record(2, false, "")
	build.Result = Fail
	cached := record(2, false, "")
	cached.Cached = true
	for _, tt := range []struct {
		name    string
		records []Record
		want    map[string][]string
	}{
		{"none", nil, map[string][]string{}},
		{"one", []Record{record(1, false, "TestA=pass TestB=fail")}, map[string][]string{"p": {"TestB"}}},
		{"repaired", []Record{record(1, false, "TestA=fail TestB=fail"), record(2, true, "TestB=pass")}, map[string][]string{"p": {"TestA"}}},
		{"flaky is not failed", []Record{record(1, false, "TestA=fail"), record(2, true, "TestA=flaky")}, map[string][]string{}},
		{"gone", []Record{record(1, false, "TestOld=fail"), record(2, false, "TestA=pass")}, map[string][]string{}},
		{"not run again", []Record{record(1, false, "TestA=fail"), record(2, true, "TestC=pass")}, map[string][]string{"p": {"TestA"}}},
		{"build", []Record{record(1, false, "TestA=fail"), build}, map[string][]string{"p": nil}},
		{"cached since", []Record{record(1, false, "TestA=fail"), cached}, map[string][]string{}},
		{"build repaired", []Record{build, record(3, true, "TestA=pass")}, map[string][]string{}},
	} {
		if got := Failed(tt.records, "/src"); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := Failed([]Record{record(1, false, "TestA=fail")}, "/elsewhere"); len(got) != 0 {
		t.Errorf("failures of another checkout: %v", got)
	}
}

func TestSummarize(t *testing.T) {
	records := []Record{
		record(1, false, "TestA=pass TestB=skip"), record(2, false, "TestA=flaky TestB=pass"),
		record(3, false, "TestA=fail"), record(9, false, "TestA=pass"),
	}
	got := Summarize(records)
	want := []Stat{
		{Package: "p", Test: "TestA", Runs: 4, Failures: 1, Flakes: 1, Median: 2, Max: 9, Last: Pass, LastTime: time.Unix(9, 0).UTC(), Recent: []string{Pass, Flaky, Fail, Pass}},
		{Package: "p", Test: "TestB", Runs: 1, Skips: 1, Median: 2, Max: 2, Last: Pass, LastTime: time.Unix(2, 0).UTC(), Recent: []string{Skip, Pass}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if rate := got[0].FlakyRate(); rate != 0.25 {
		t.Errorf("flaky rate %v", rate)
	}
	if d := Durations(records)["p"]; d != 3 {
		t.Errorf("duration %d, want the median 3", d)
	}
}

// TestFlakyPackage: a package all of whose failures passed in the end has not
// failed.
func TestFlakyPackage(t *testing.T) {
	var c Collector
	for _, e := range []event.Event{
		event.TestCase{Package: "p", Test: "TestA", Outcome: event.TestFailed},
		event.TestPackage{Package: "p", Outcome: event.TestFailed},
		event.TestCase{Package: "p", Test: "TestA", Outcome: event.Passed, Run: 1},
		event.TestPackage{Package: "p", Outcome: event.Passed, Run: 1},
	} {
		c.Emit(e)
	}
	records := c.Records(Run{ID: "1", Root: "/src"})
	if len(records) != 1 || records[0].Result != Flaky || len(Failed(records, "/src")) != 0 {
		t.Errorf("records %+v, failed %v", records, Failed(records, "/src"))
	}
}

func TestLogSurvivesDamage(t *testing.T) {
	log := ForModule(filepath.Join(t.TempDir(), "a", "b"), "example.com/m")
	if records, err := log.Read(); err != nil || len(records) != 0 {
		t.Fatalf("new log: %v, %v", records, err)
	}
	add := func(n int) {
		t.Helper()
		if err := log.Append(context.Background(), []Record{record(n, false, "TestA=pass")}); err != nil {
			t.Fatal(err)
		}
	}
	add(1)
	data, err := os.ReadFile(log.Path)
	if err != nil {
		t.Fatal(err)
	}
	// A crash in the middle of a write, then a line of a later version.
	torn := append(data, data[:len(data)/2]...)
	if err := os.WriteFile(log.Path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	add(2)
	f, err := os.OpenFile(log.Path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(f, `{"v":2,"package":"p"}`)
	f.Close()
	add(3)
	records, err := log.Read()
	if err != nil {
		t.Fatal(err)
	}
	want := []Record{record(1, false, "TestA=pass"), record(2, false, "TestA=pass"), record(3, false, "TestA=pass")}
	if !reflect.DeepEqual(records, want) {
		t.Errorf("got %+v, want runs 1, 2 and 3", records)
	}
}

// TestLogLeavesCachedOut: a cached package is news only if it failed before.
func TestLogLeavesCachedOut(t *testing.T) {
	log := ForModule(t.TempDir(), "example.com/m")
	cached := func(n int) Record {
		r := record(n, false, "")
		r.Cached = true
		return r
	}
	for _, r := range []Record{cached(1), record(2, false, "TestA=pass"), cached(3), record(4, false, "TestA=fail"), cached(5), cached(6)} {
		if err := log.Append(context.Background(), []Record{r}); err != nil {
			t.Fatal(err)
		}
	}
	records, err := log.Read()
	if err != nil {
		t.Fatal(err)
	}
	var runs []string
	for _, r := range records {
		runs = append(runs, r.Run)
	}
	if got := strings.Join(runs, " "); got != "2 4 5" {
		t.Errorf("runs %s are on record, want 2 4 5", got)
	}
	if failed := Failed(records, "/src"); len(failed) != 0 {
		t.Errorf("failed are %v", failed)
	}
}

func TestLogIsBounded(t *testing.T) {
	log := ForModule(t.TempDir(), "example.com/m")
	log.MaxBytes = 4000
	for n := 1; n <= 100; n++ {
		if err := log.Append(context.Background(), []Record{record(n, false, "TestA=pass")}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(log.Path)
		if err != nil || info.Size() > log.MaxBytes {
			t.Fatalf("after run %d: %v, %v", n, info.Size(), err)
		}
	}
	records, err := log.Read()
	if err != nil || len(records) < 5 || records[len(records)-1].Run != "100" {
		t.Fatalf("%d records, error %v", len(records), err)
	}
	for i := 1; i < len(records); i++ {
		if records[i].ElapsedNS != records[i-1].ElapsedNS+1 {
			t.Errorf("run %s follows run %s", records[i].Run, records[i-1].Run)
		}
	}
}

// TestLogConcurrent appends from several goroutines, each of which opens the
// files itself as processes do.
func TestLogConcurrent(t *testing.T) {
	const writers, runs = 8, 25
	log := ForModule(t.TempDir(), "example.com/m")
	var wg sync.WaitGroup
	for range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range runs {
				if err := log.Append(context.Background(), []Record{record(n+1, false, "TestA=pass TestB=fail")}); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	records, err := log.Read()
	if err != nil || len(records) != writers*runs {
		t.Errorf("%d records, error %v; want %d", len(records), err, writers*runs)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"v":1,"package":"p","tests":[{"name":"a"}]}` + "\n{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records := decode(data)
		Summarize(records)
		Failed(records, "/src")
		Durations(records)
	})
}
