package junit

import (
	"bytes"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	gotestsum "gotest.tools/gotestsum/cmd"
	"gotest.tools/gotestsum/testjson"
)

// scan reads recorded streams as consecutive runs of one Execution.
func scan(t *testing.T, files ...string) *testjson.Execution {
	t.Helper()
	var exec *testjson.Execution
	for i, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		exec, err = testjson.ScanTestOutput(testjson.ScanConfig{Stdout: f, RunID: i, Execution: exec})
		if err != nil {
			t.Fatal(err)
		}
	}
	return exec
}

func render(t *testing.T, exec *testjson.Execution, opts Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, exec, opts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(t *testing.T, data []byte) suites {
	t.Helper()
	var doc suites
	if err := xml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	doc.Time = "" // gotestsum takes its own clock where a stream has no times
	for i := range doc.Suites {
		for j := range doc.Suites[i].Cases {
			c := &doc.Suites[i].Cases[j]
			c.Time = strings.TrimPrefix(c.Time, "-") // of a test that never ended
		}
	}
	return doc
}

func streams(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) < 4 {
		t.Fatalf("found %d streams, error %v", len(files), err)
	}
	return files
}

// TestAgreesWithGotestsum compares suites, cases, counts, times and texts with
// what gotestsum itself makes of the same stream.
func TestAgreesWithGotestsum(t *testing.T) {
	t.Setenv("GOVERSION", "go1.test")
	for _, file := range streams(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			theirs := filepath.Join(t.TempDir(), "junit.xml")
			if err := gotestsum.Run("gotestsum", []string{
				"--format=none", "--hide-summary=all", "--junitfile=" + theirs, "--raw-command", "--", "cat", file,
			}); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(theirs)
			if err != nil {
				t.Fatal(err)
			}
			want := decode(t, data)
			// The package without a name stands for build output.
			want.Suites = slices.DeleteFunc(want.Suites, func(s suite) bool { return s.Name == "" })
			for i, s := range want.Suites {
				for j := range s.Cases {
					// It leaves the class of a failed package empty.
					want.Suites[i].Cases[j].Class = s.Name
				}
			}
			got := decode(t, render(t, scan(t, file), Options{GoVersion: "go1.test"}))
			if len(got.Suites) == 0 || !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%+v\nwant\n%+v", got, want)
			}
		})
	}
}

func TestReruns(t *testing.T) {
	exec := scan(t, filepath.Join("testdata", "round1.json"), filepath.Join("testdata", "round2.json"))
	doc := decode(t, render(t, exec, Options{}))
	if doc.Tests != 3 || doc.Failures != 1 || len(doc.Suites) != 1 {
		t.Fatalf("got %d tests, %d failures in %d suites; want 3, 1, 1", doc.Tests, doc.Failures, len(doc.Suites))
	}
	cases := make(map[string]testCase)
	for _, c := range doc.Suites[0].Cases {
		cases[c.Name] = c
	}
	broken, flaky := cases["TestBroken"], cases["TestFlaky"]
	if broken.Failure == nil || !strings.Contains(broken.Failure.Text, "round 1") {
		t.Errorf("the failure of TestBroken is %+v, want that of the first attempt", broken.Failure)
	}
	if len(broken.Reruns) != 1 || broken.Reruns[0].XMLName.Local != "rerunFailure" || !strings.Contains(broken.Reruns[0].Stack, "round 2") {
		t.Errorf("the reruns of TestBroken are %+v", broken.Reruns)
	}
	if flaky.Failure != nil || len(flaky.Reruns) != 1 || flaky.Reruns[0].XMLName.Local != "flakyFailure" || !strings.Contains(flaky.Reruns[0].Stack, "first round") {
		t.Errorf("TestFlaky is %+v", flaky)
	}
	if flaky.Properties == nil || flaky.Properties.List[0].Name != "gust.flaky" {
		t.Errorf("TestFlaky has the properties %+v", flaky.Properties)
	}
}

// UnmarshalXML gathers the elements that encoding/xml has no one name for.
func (c *testCase) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	type plain testCase
	var got struct {
		plain
		Flaky []rerun `xml:"flakyFailure"`
		Rerun []rerun `xml:"rerunFailure"`
	}
	if err := d.DecodeElement(&got, &start); err != nil {
		return err
	}
	*c = testCase(got.plain)
	c.Reruns = append(got.Flaky, got.Rerun...)
	return nil
}

func TestOptions(t *testing.T) {
	exec := scan(t, filepath.Join("testdata", "mixed-go1.26.8.json"))
	doc := decode(t, render(t, exec, Options{
		Name: "all", HideSkipped: true,
		Suite:         func(s string) string { return "suite " + s },
		Class:         func(s string) string { return "class " + s },
		Locate:        func(_, test string) (string, int, bool) { return "x_test.go", 7, test == "TestTable" },
		PackageOutput: func(string) string { return "compiler says no\n" },
		Quarantined:   func(_, test string) (string, bool) { return "because", test == "TestTable" },
		Properties:    []Property{{"shard", "1/2"}},
	}))
	var located, skips, builds int
	for _, s := range doc.Suites {
		if !strings.HasPrefix(s.Name, "suite ") || s.Properties[1].Value != "1/2" {
			t.Errorf("suite %q has properties %v", s.Name, s.Properties)
		}
		for _, c := range s.Cases {
			if !strings.HasPrefix(c.Class, "class ") {
				t.Errorf("class %q", c.Class)
			}
			if c.File == "x_test.go" && c.Line == 7 && c.Properties.List[0].Value == "because" {
				located++
			}
			if c.Skipped != nil {
				skips++
			}
			if c.Failure != nil && strings.Contains(c.Failure.Text, "compiler says no") {
				builds++
			}
		}
	}
	if doc.Name != "all" || located != 1 || skips != 0 || builds != 2 {
		t.Errorf("name %q, %d located, %d skipped, %d with build output", doc.Name, located, skips, builds)
	}
}

// TestSchema validates documents with xmllint.
func TestSchema(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("SKIPPED, THE SCHEMA IS NOT CHECKED: xmllint is not installed (Debian: libxml2-utils)")
	}
	strict := filepath.Join("testdata", "jenkins.xsd")
	rules, err := os.ReadFile(strict)
	if err != nil {
		t.Fatal(err)
	}
	extended := filepath.Join(t.TempDir(), "extended.xsd")
	rules = []byte(strings.NewReplacer(
		"{1,3}", "{6}",
		"<!-- extension elements -->", `<xs:element name="properties" type="properties"/>`,
		"<!-- extension attributes -->", `<xs:attribute name="file" type="xs:string"/><xs:attribute name="line" type="xs:positiveInteger"/>`,
	).Replace(string(rules)))
	if err := os.WriteFile(extended, rules, 0o666); err != nil {
		t.Fatal(err)
	}
	inputs := [][]string{{filepath.Join("testdata", "round1.json"), filepath.Join("testdata", "round2.json")}}
	for _, file := range streams(t) {
		inputs = append(inputs, []string{file})
	}
	for _, input := range inputs {
		run := scan(t, input...)
		for _, tt := range []struct {
			schema string
			opts   Options
		}{
			{strict, Options{Strict: true, Locate: anywhere}},
			{extended, Options{Locate: anywhere}},
		} {
			doc := filepath.Join(t.TempDir(), "junit.xml")
			if err := os.WriteFile(doc, render(t, run, tt.opts), 0o666); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(xmllint, "--noout", "--schema", tt.schema, doc).CombinedOutput()
			if err != nil {
				t.Errorf("%v against %s: %v\n%s", input, tt.schema, err, out)
			}
		}
	}
}

func anywhere(string, string) (string, int, bool) { return "a/b_test.go", 3, true }
