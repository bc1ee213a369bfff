package result

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	table := Table{Header: []string{"case", "go", "gust"}}
	table.Add("a|b <c>\n d", "25.9 s", "6.10 s")
	table.Add("–", "1")
	want := strings.TrimLeft(`
| case         |     go |   gust |
| ------------ | -----: | -----: |
| a\|b &lt;c> d | 25.9 s | 6.10 s |
| –            |      1 |        |
`, "\n")
	// The first column is as wide as its longest escaped cell.
	want = strings.NewReplacer("case         |", "case          |", "------------ |", "------------- |", "–            |", "–             |").Replace(want)
	if got := table.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestFigures(t *testing.T) {
	s := time.Second
	tests := []struct{ got, want string }{
		{Median(nil).String(), "0s"},
		{Median([]time.Duration{3 * s, s, 2 * s}).String(), "2s"},
		{Median([]time.Duration{4 * s, s}).String(), "2.5s"},
		{Seconds(0), "–"},
		{Seconds(474 * time.Millisecond), "0.47 s"},
		{Seconds(25_930 * time.Millisecond), "25.9 s"},
		{Ratio(s, 4*s), "0.25"},
		{Ratio(s, 0), "–"},
		{MiB(3 << 19), "1.5 MiB"},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestMedianLeavesItsInputAlone(t *testing.T) {
	ds := []time.Duration{3, 1, 2}
	Median(ds)
	if ds[0] != 3 {
		t.Error("Median sorted its argument")
	}
}

func TestReplaceBlock(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"empty", "", "<!-- bench:x begin -->\nnew\n<!-- bench:x end -->\n"},
		{"append", "# T\n", "# T\n\n<!-- bench:x begin -->\nnew\n<!-- bench:x end -->\n"},
		{
			"replace",
			"a\n<!-- bench:x begin -->\nold\n<!-- bench:x end -->\nb\n<!-- bench:y begin -->\ny\n<!-- bench:y end -->\n",
			"a\n<!-- bench:x begin -->\nnew\n<!-- bench:x end -->\nb\n<!-- bench:y begin -->\ny\n<!-- bench:y end -->\n",
		},
	}
	for _, test := range tests {
		got, err := ReplaceBlock([]byte(test.doc), "x", "\nnew\n\n")
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %v, got:\n%s\nwant:\n%s", test.name, err, got, test.want)
		}
	}
}

func TestReplaceBlockRefusesTornMarkers(t *testing.T) {
	begin, end := "<!-- bench:x begin -->\n", "<!-- bench:x end -->\n"
	for _, doc := range []string{begin, end, end + begin, begin + begin + end + end} {
		if _, err := ReplaceBlock([]byte(doc), "x", "new"); err == nil {
			t.Errorf("accepted:\n%s", doc)
		}
	}
}

func TestUpdateFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "docs", "b.md")
	for _, body := range []string{"one", "two"} {
		if err := UpdateFile(file, "x", body); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "<!-- bench:x begin -->\ntwo\n<!-- bench:x end -->\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
