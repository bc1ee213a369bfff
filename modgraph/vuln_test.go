package modgraph

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// known is a database of the layout that vuln.go.dev serves, with three
// vulnerabilities: of a function that the module calls, of a package that it
// imports but whose function it does not call, and of a module that it only
// requires. https://go.dev/doc/security/vuln/database
func known(t *testing.T) string {
	t.Helper()
	const modified = "2024-05-20T16:03:47Z"
	dir := t.TempDir()
	write := func(name string, v any) {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	type object = map[string]any
	type list = []any
	var vulns, modules list
	for _, v := range []struct{ id, module, pkg, symbol, fixed string }{
		{"GO-2021-0113", "golang.org/x/text", "golang.org/x/text/language", "Parse", "0.3.7"},
		{"GO-2022-1059", "golang.org/x/text", "golang.org/x/text/language", "ParseAcceptLanguage", "0.3.8"},
		{"GO-2022-0969", "golang.org/x/net", "golang.org/x/net/http2", "Server.ServeConn", "0.0.0-20220906165146-f3363e06e74c"},
	} {
		write("ID/"+v.id+".json", object{
			"schema_version": "1.3.1", "id": v.id, "modified": modified, "published": modified,
			"summary": "summary of " + v.id, "details": "none",
			"affected": list{object{
				"package":            object{"name": v.module, "ecosystem": "Go"},
				"ranges":             list{object{"type": "SEMVER", "events": list{object{"introduced": "0"}, object{"fixed": v.fixed}}}},
				"ecosystem_specific": object{"imports": list{object{"path": v.pkg, "symbols": list{v.symbol}}}},
			}},
			"database_specific": object{"url": "https://pkg.go.dev/vuln/" + v.id},
		})
		vulns = append(vulns, object{"id": v.id, "modified": modified})
		entry := object{"id": v.id, "modified": modified, "fixed": v.fixed}
		if last := len(modules) - 1; last >= 0 && modules[last].(object)["path"] == v.module {
			modules[last].(object)["vulns"] = append(modules[last].(object)["vulns"].(list), entry)
			continue
		}
		modules = append(modules, object{"path": v.module, "vulns": list{entry}})
	}
	write("index/db.json", object{"modified": modified})
	write("index/vulns.json", vulns)
	write("index/modules.json", modules)
	return "file://" + filepath.ToSlash(dir)
}

// TestVulns lets the real govulncheck judge a module of three vulnerabilities,
// each of which is reached in another way.
func TestVulns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.24\n\nrequire (\n\tgolang.org/x/net v0.0.0-20210226172049-e18ecbb05110\n\tgolang.org/x/text v0.3.6\n)\n",
		"m.go": "package main\n\nimport (\n\t\"os\"\n\n\t_ \"golang.org/x/net/html/atom\"\n\t\"golang.org/x/text/language\"\n)\n\nfunc tag() language.Tag {\n" +
			"\tt, _ := language.Parse(os.Args[0])\n\treturn t\n}\n\nfunc main() { println(tag().String()) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	goRun(t, dir, "mod", "tidy")
	goMod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}

	found, err := loader(t, dir).Vulns(context.Background(), known(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range found {
		if v.Summary != "summary of "+v.ID {
			t.Errorf("the summary of %s is %q", v.ID, v.Summary)
		}
		got = append(got, strings.Join([]string{v.ID, v.Module.String(), v.Reach, v.Fixed, strings.Join(v.Trace, " > ")}, " "))
	}
	want := []string{
		"GO-2021-0113 golang.org/x/text@v0.3.6 called v0.3.7 example.com/m.main > example.com/m.tag > golang.org/x/text/language.Parse",
		"GO-2022-1059 golang.org/x/text@v0.3.6 imported v0.3.8 golang.org/x/text/language",
		"GO-2022-0969 golang.org/x/net@v0.0.0-20210226172049-e18ecbb05110 required v0.0.0-20220906165146-f3363e06e74c golang.org/x/net",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if after, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil || string(after) != string(goMod) {
		t.Errorf("go.mod was written to: %v\n%s", err, after)
	}
}
