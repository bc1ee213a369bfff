package structtag

import (
	"bytes"
	"go/format"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

func TestEdit(t *testing.T) {
	add := func(keys ...string) EditOptions { return EditOptions{Change: Change{Add: keys}} }
	for _, tt := range []struct {
		name, src, want string
		opts            EditOptions
		problems        string
	}{
		{"a static value stays with its key", "type T struct {\n\tA int\n}\n",
			"type T struct {\n\tA int `json:\"x\" db:\"a\"`\n}\n", add("json:x", "db"), ""},
		{"nothing but the tag moves", "type T struct { A   int // why\n  B string `xml:\"b\"` }\n",
			"type T struct { A   int `json:\"a\"` // why\n  B string `xml:\"b\" json:\"b\"` }\n", add("json"), ""},
		{"a formatted file stays so", "type T struct {\n\tA     int\n\tLonger string\n}\n",
			"type T struct {\n\tA     int `json:\"a\"`\n\tLonger string `json:\"longer\"`\n}\n", add("json"), ""},
		{"generic types", "type T[K any] struct {\n\tM map[string]K\n}\n",
			"type T[K any] struct {\n\tM map[string]K `json:\"m\"`\n}\n", add("json"), ""},
		{"embedded fields are left alone", "type T struct {\n\tA\n\t*B\n\tp.C\n\tD[int]\n}\n",
			"type T struct {\n\tA\n\t*B\n\tp.C\n\tD[int]\n}\n", add("json"), ""},
		{"unless asked for", "type T struct {\n\tA\n\t*B\n\tp.C\n\tD[int, p.E]\n}\n",
			"type T struct {\n\tA            `json:\"a\"`\n\t*B           `json:\"b\"`\n\tp.C          `json:\"c\"`\n\tD[int, p.E] `json:\"d\"`\n}\n",
			EditOptions{Change: Change{Add: []string{"json"}}, Embedded: true}, ""},
		{"removing takes the space too", "type T struct {\n\tA int `json:\"a\"`\n}\n",
			"type T struct {\n\tA int\n}\n", EditOptions{Change: Change{Remove: []string{"json"}}}, ""},
		{"a tag in double quotes", "type T struct {\n\tA int \"json:\\\"a\\\"\"\n}\n",
			"type T struct {\n\tA int `json:\"a\" db:\"a\"`\n}\n", add("db"), ""},
		{"a backquote cannot be in a raw string", "type T struct {\n\tA int\n}\n",
			"type T struct {\n\tA int \"re:\\\"`\\\"\"\n}\n", add("re:`"), ""},
		{"sorting alone", "type T struct {\n\tA int `xml:\"a\" json:\"a\"`\n}\n",
			"type T struct {\n\tA int `json:\"a\" xml:\"a\"`\n}\n", EditOptions{Change: Change{Sort: true}}, ""},
		{"structs within structs", "type T struct {\n\tIn []struct{ X int }\n}\n",
			"type T struct {\n\tIn []struct {\n\t\tX int `json:\"x\"`\n\t} `json:\"in\"`\n}\n", add("json"), ""},
		{"types of parameters and literals keep their identity", "func f(p struct{ A int }) { _ = struct{ B int }{} }\n",
			"func f(p struct{ A int }) { _ = struct{ B int }{} }\n", add("json"), ""},
		{"aliases too", "type T = struct{ A int }\n", "type T = struct{ A int }\n", add("json"), ""},
		{"but not if they are named", "var conf struct {\n\tA int\n}\n", "var conf struct {\n\tA int `json:\"a\"`\n}\n",
			EditOptions{Change: Change{Add: []string{"json"}}, Selection: Selection{Struct: "conf"}}, ""},
		{"one field", "type T struct {\n\tA int\n\tB int\n}\n", "type T struct {\n\tA int\n\tB int `json:\"b\"`\n}\n",
			EditOptions{Change: Change{Add: []string{"json"}}, Selection: Selection{Struct: "T", Field: "B"}}, ""},
		{"a blank field has no name", "type T struct {\n\t_ int\n}\n", "type T struct {\n\t_ int\n}\n", add("json"), ""},
		{"fields that share a tag", "type T struct {\n\tA, B int\n}\n", "type T struct {\n\tA, B int\n}\n", add("json"),
			"4 T.A: several fields share one tag; declare each by itself"},
		{"names that meet", "type T struct {\n\tID int\n\tId int\n}\n",
			"type T struct {\n\tID int `json:\"id\"`\n\tId int\n}\n", add("json"),
			"5 T.Id: json:\"id\" is the tag of ID already"},
		{"names that met before", "type T struct {\n\tA int `json:\"a\" validate:\"x\"`\n\tB int `json:\"a,omitempty\" validate:\"x\"`\n\tC int `xml:\"a\"`\n\tD int `xml:\"a,attr\"`\n}\n",
			"", EditOptions{}, "5 T.B: json:\"a\" is the tag of A as well"},
		{"malformed tags", "type T struct {\n\tA int `json:a`\n\tB int `json:\"a`\n\tC int `json:\"c\" json:\"c\"`\n\tD int `json:\"d\"xml:\"d\"`\n\tE int `json: \"e\"`\n\tF int `just text`\n}\n",
			"", add("db"), `4 T.A: the tag does not parse at "json:a"; want key:"value" pairs
5 T.B: the value of "json" has no closing quote
6 T.C: the key "json" is there twice; only the first counts
7 T.D: no space between the pairs at "xml:\"d\""
8 T.E: the tag does not parse at "json: \"e\""; want key:"value" pairs
9 T.F: the tag does not parse at "just text"; want key:"value" pairs`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const head = "package p\n\n"
			if tt.want == "" {
				tt.want = tt.src
			}
			src, want := []byte(head+tt.src), []byte(head+tt.want)
			if clean, err := format.Source(want); err == nil && gofmted(src) {
				want = clean
			}
			checkEdit(t, src, want, tt.opts, tt.problems)
			if bytes.Contains(src, []byte("`\n")) && tt.problems != "" {
				return
			}
			crlf := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
			checkEdit(t, crlf(src), crlf(want), tt.opts, tt.problems)
		})
	}
}

func gofmted(src []byte) bool {
	out, err := format.Source(src)
	return err == nil && bytes.Equal(out, src)
}

func checkEdit(t *testing.T, src, want []byte, opts EditOptions, problems string) {
	t.Helper()
	res, err := Edit("p.go", src, opts)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(res.Source, want) {
		t.Errorf("got %q\nwant %q", res.Source, want)
	}
	var got []string
	for _, p := range res.Problems {
		got = append(got, strings.TrimSpace(itoa(p.Line)+" "+p.Struct+"."+p.Field+": "+p.Text))
	}
	if strings.Join(got, "\n") != problems {
		t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), problems)
	}
	if again, err := Edit("p.go", res.Source, opts); err != nil || !bytes.Equal(again.Source, res.Source) {
		t.Errorf("a second run changes the file again: %v\n%s", err, again.Source)
	}
}

func itoa(n int) string { return string(rune('0' + n)) }

func TestEditGenerated(t *testing.T) {
	src := []byte("// Code generated by hand. DO NOT EDIT.\n\npackage p\n\ntype T struct{ A int }\n")
	opts := EditOptions{Change: Change{Add: []string{"json"}}}
	res, err := Edit("p.go", src, opts)
	if err != nil || !res.Generated || !bytes.Equal(res.Source, src) {
		t.Errorf("Edit = %+v, %v; want it left alone", res, err)
	}
	opts.Generated = true
	res, err = Edit("p.go", src, opts)
	if err != nil || len(res.Edits) != 1 {
		t.Errorf("Edit = %+v, %v; want one edit", res, err)
	}
}

// FuzzEdit looks for sources whose edit is not Go, is not stable, or touches
// more than tags.
func FuzzEdit(f *testing.F) {
	f.Add("package p\ntype T struct { A int; B, C string `x`; *D; E struct { F int } }\n", "json", true)
	f.Add("package p\r\ntype T struct {\r\n\tA int `json:\"a\r\n\"` // x\r\n}\r\n", "db:x", false)
	f.Add("\ufeffpackage p\ntype T[K any] struct{ A func(struct{ X int }) }", "xml", true)
	f.Add("package p\n//line x.go:900\ntype T struct {\n\tA int \"json:\\\"a`\\\"\"\n}", "a,b", false)
	f.Add("package A\r\ntype A struct{\r\nA`\r\n`//\r\n}\r\n", "0", false)
	f.Fuzz(func(t *testing.T, src, keys string, embedded bool) {
		opts := EditOptions{Change: Change{Add: strings.Split(keys, ",")}, Embedded: embedded}
		if _, err := parser.ParseFile(token.NewFileSet(), "p.go", src, 0); err != nil {
			return
		}
		res, err := Edit("p.go", []byte(src), opts)
		if err != nil {
			return // such as a key that makes no tag
		}
		// Taking the tags out of both leaves the same file.
		clear := EditOptions{Change: Change{Clear: true}, Embedded: true, Generated: true}
		before, err1 := Edit("p.go", []byte(src), clear)
		after, err2 := Edit("p.go", res.Source, clear)
		if err1 != nil || err2 != nil {
			t.Fatalf("clearing the tags: %v, %v", err1, err2)
		}
		if len(before.Problems)+len(after.Problems) == 0 && squeeze(before.Source) != squeeze(after.Source) {
			t.Errorf("more than tags changed:\n%q\n%q", before.Source, after.Source)
		}
	})
}

// squeeze takes out what formatting may change.
func squeeze(src []byte) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n;", r) {
			return -1
		}
		return r
	}, string(src))
}
