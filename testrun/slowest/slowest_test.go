package slowest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// execution makes a run of tests with the given seconds, in package p.
func execution(t *testing.T, lines ...string) *testjson.Execution {
	t.Helper()
	var stream strings.Builder
	for _, line := range lines {
		var name string
		var elapsed float64
		if _, err := fmt.Sscan(line, &name, &elapsed); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&stream, `{"Action":"run","Package":"p","Test":%q}`+"\n", name)
		fmt.Fprintf(&stream, `{"Action":"pass","Package":"p","Test":%q,"Elapsed":%v}`+"\n", name, elapsed)
	}
	exec, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: strings.NewReader(stream.String())})
	if err != nil {
		t.Fatal(err)
	}
	return exec
}

func TestRank(t *testing.T) {
	exec := execution(t, "TestA 1", "TestB 3", "TestB 2", "TestB 9", "TestC 4", "TestC/shell 3.9", "TestD 5", "TestD/half 2.5", "TestNothing 0")
	for _, tt := range []struct {
		n         int
		threshold time.Duration
		want      string
	}{
		{10, 0, "TestD 5s TestC/shell 3.9s TestB 3s TestD/half 2.5s TestA 1s"},
		{2, 0, "TestD 5s TestC/shell 3.9s"},
		{10, 3 * time.Second, "TestD 5s TestC/shell 3.9s TestB 3s"},
		{0, 0, ""},
	} {
		var got []string
		for _, s := range Rank(exec, tt.n, tt.threshold) {
			got = append(got, s.Name, s.Elapsed.String())
		}
		if want := strings.Fields(tt.want); !slices.Equal(got, want) {
			t.Errorf("Rank(%d, %s) = %q, want %q", tt.n, tt.threshold, got, want)
		}
	}
}
