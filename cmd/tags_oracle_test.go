package cmd

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/term"
)

// TestTagsOracle holds gust tags -file to gomodifytags: the inputs of its own
// tests go through both programs with many combinations of flags, and what
// is printed and what is written must be the same bytes.
func TestTagsOracle(t *testing.T) {
	oracle := filepath.Join(t.TempDir(), "gomodifytags.exe")
	if out, err := exec.Command("go", "build", "-o", oracle, "github.com/fatih/gomodifytags").CombinedOutput(); err != nil {
		t.Fatalf("build gomodifytags: %v\n%s", err, out)
	}
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/fatih/gomodifytags").Output()
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "test-fixtures", "*.input"))
	if err != nil || len(inputs) < 60 {
		t.Fatalf("found %d inputs, %v", len(inputs), err)
	}
	work := t.TempDir()
	compared, printed := 0, 0
	for i, input := range inputs {
		base := filepath.Base(input)
		src, err := os.ReadFile(input)
		if err != nil {
			t.Fatal(err)
		}
		for j, flags := range append(oracleFlags(len(src)), oracleOffsets(base)...) {
			// Every flag meets every 11th input; GUST_TAGS_ORACLE=all takes
			// two minutes.
			own := strings.HasPrefix(flags[0], "-offset")
			if os.Getenv("GUST_TAGS_ORACLE") != "all" && (i+j)%11 != 0 && !own {
				continue
			}
			if base == "offset_add_duplicate.input" && !own && strings.HasPrefix(flags[0], "-struct") {
				continue // two structs of one name: gomodifytags picks one at random
			}
			name := filepath.Join(work, "in.go")
			want := runOracle(t, oracle, name, src, flags)
			got := runTags(t, name, src, flags)
			compared++
			if want.ok {
				printed++
			}
			if got != want {
				t.Errorf("%s %s\ngot:\n%s\nwant:\n%s", base, flags, got, want)
			}
		}
	}
	if printed < compared/4 {
		t.Errorf("only %d of %d runs printed something", printed, compared)
	}
	t.Logf("%d runs compared, %d of them successful", compared, printed)
}

// oracleFlags are the calls that gomodifytags' own tests make, and more.
func oracleFlags(size int) [][]string {
	var all [][]string
	selections := []string{"-all", "-line=4,6", "-line=5", "-struct=foo", "-struct=foo -field=bar", "-line=4,7"}
	changes := []string{
		"-add-tags=json", "-add-tags=json,xml -sort", "-add-tags=json:foo", "-add-tags=json -override",
		"-add-tags=json -skip-unexported", "-add-tags=gaum -template=field_name={field}",
		"-add-tags=hcl -add-options=hcl=squash", "-add-options=json=omitempty,json=a=b", "-remove-tags=json",
		"-remove-options=json=omitempty", "-clear-tags", "-clear-options",
		"-add-tags=json -transform=camelcase", "-add-tags=json -transform=lispcase",
		"-add-tags=json -transform=pascalcase", "-add-tags=json -transform=titlecase", "-add-tags=json -transform=keep",
	}
	for i, change := range changes {
		for _, selection := range selections {
			all = append(all, strings.Fields(selection+" "+change))
		}
		all = append(all,
			strings.Fields(selections[i%len(selections)]+" -format=json -transform=camelcase "+change),
			strings.Fields("-all -w -quiet "+change))
	}
	all = append(all, []string{"-all", "-format", "json", "--add-tags", "json"},
		strings.Fields("-all"), strings.Fields("-add-tags=json"), strings.Fields("-line=9,4 -add-tags=json"),
		strings.Fields("-line=30,32 -add-tags=json"), strings.Fields("-struct=foo -line=3 -add-tags=json"),
		strings.Fields("-field=bar -add-tags=json"), strings.Fields("-all -add-tags=json -transform=no"),
		strings.Fields("-all -add-tags=json -format=no"), strings.Fields("-all -add-options=json"))
	// Behind the file, where no struct is; between nested ones gomodifytags
	// chooses at random.
	return append(all, []string{fmt.Sprintf("-offset=%d", size+1), "-add-tags=json"})
}

// oracleOffsets are the offsets that gomodifytags' own tests look at.
func oracleOffsets(input string) [][]string {
	offsets := map[string]int{
		"offset_add.input": 32, "offset_add_composite.input": 40, "offset_add_duplicate.input": 209,
		"offset_add_literal_in.input": 46, "offset_add_literal_out.input": 32,
		"offset_anonymous_struct.input": 45, "offset_star_struct.input": 35, "offset_array_struct.input": 35,
		"json_not_formatted_3.input": 23, "json_not_formatted_4.input": 51, "json_not_formatted_5.input": 29,
	}
	at, ok := offsets[input]
	if !ok {
		return nil
	}
	return [][]string{
		{fmt.Sprintf("-offset=%d", at), "-add-tags=json"},
		{fmt.Sprintf("-offset=%d", at), "-add-tags=json", "-format=json", "-transform=camelcase"},
	}
}

// A tagsRun is what a run printed and left in the file.
type tagsRun struct {
	ok           bool
	stdout, file string
}

func (r tagsRun) String() string {
	return fmt.Sprintf("ok=%v\n--- stdout\n%s--- file\n%s", r.ok, r.stdout, r.file)
}

func runOracle(t *testing.T, oracle, name string, src []byte, flags []string) tagsRun {
	t.Helper()
	reset(t, name, src)
	out, err := exec.Command(oracle, append([]string{"-file", name}, flags...)...).Output()
	return tagsRun{err == nil, string(out), content(t, name)}
}

func runTags(t *testing.T, name string, src []byte, flags []string) tagsRun {
	t.Helper()
	reset(t, name, src)
	var out bytes.Buffer
	code := Main(append([]string{"tags", "-file", name}, flags...), &term.Term{Out: &out, Err: &bytes.Buffer{}})
	return tagsRun{code == 0, out.String(), content(t, name)}
}

func reset(t *testing.T, name string, src []byte) {
	t.Helper()
	if err := os.WriteFile(name, src, 0o666); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
