package gocmd

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/fault"
)

func TestSplitArgs(t *testing.T) {
	for _, tt := range []struct {
		name string
		verb string
		args string // separated by spaces
		own  string // name or name=value
		goes string
	}{
		{"none", "build", "", "", ""},
		{"own only", "build", "--explain --lines=relaxed", "explain lines=relaxed", ""},
		{"order kept", "build", "-v --json -race --no-reuse -o x ./a ./b", "json no-reuse", "-v -race -o x ./a ./b"},
		{"both dash forms are go's", "build", "--race --tags=x --o y", "", "--race --tags=x --o y"},
		{"one dash is go's", "build", "-json -explain -lines=exact", "", "-json -explain -lines=exact"},
		{"value that looks like a flag of gust's", "build", "-o --explain .", "", "-o --explain ."},
		{"value that looks like a package", "build", "-tags ./a --json .", "json", "-tags ./a ."},
		{"double dash flag with a value", "build", "--ldflags --json --json", "json", "--ldflags --json"},
		{"boolean flags take no value", "build", "-buildvcs --json", "json", "-buildvcs"},
		{"chdir stays first", "build", "--explain -C dir -v", "explain", "-C dir -v"},
		{"value with an equals sign", "build", "--explain=a/b=c", "explain=a/b=c", ""},
		{"empty value", "build", "--explain= .", "explain=", "."},
		{"own value in the next argument", "build", "--lines relaxed --color never .", "lines=relaxed color=never", "."},
		{"terminator", "build", "-v -- --explain", "", "-v -- --explain"},
		{"value missing", "build", "-o", "", "-o"},
		{"bad syntax is go's to refuse", "install", "---json -=x", "", "---json -=x"},
		{"undocumented", "build", "-debug-actiongraph --json .", "", "-debug-actiongraph --json ."},

		{"run: after the package", "run", "--explain . --explain --json", "explain", ". --explain --json"},
		{"run: after the files", "run", "a.go b.go --json", "", "a.go b.go --json"},
		{"run: exec takes a value", "run", "-exec --json --explain . --help", "explain", "-exec --json . --help"},

		{"test: around the packages", "test", "--explain ./a ./b --json -v", "explain json", "./a ./b -v"},
		{"test: behind -args", "test", "-v -args --explain", "", "-v -args --explain"},
		{"test: behind --args", "test", "--explain --args --explain", "explain", "--args --explain"},
		{"test: behind a terminator", "test", ". -- --explain", "", ". -- --explain"},
		{"test: value", "test", "-run --json --json", "json", "-run --json"},
		{"test: prefixed value", "test", "-test.run --json --json", "json", "-test.run --json"},
		{"test: unknown flag and its value", "test", ". -mine value --json", "json", ". -mine value"},
		{"test: argument of the binary", "test", ". -v arg --json", "", ". -v arg --json"},
		{"test: flag between packages", "test", "./a --json ./b", "json", "./a ./b"},
		{"test: own flag after an unknown one", "test", "-mine --json value --explain", "json explain", "-mine value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := SplitArgs(tt.verb, strings.Fields(tt.args))
			if err != nil {
				t.Fatal(err)
			}
			var own []string
			for _, f := range got.Own {
				text := f.Name
				if f.HasValue {
					text += "=" + f.Value
				}
				own = append(own, text)
			}
			if !slices.Equal(own, strings.Fields(tt.own)) {
				t.Errorf("Own = %q, want %q", own, tt.own)
			}
			if !slices.Equal(got.Go, strings.Fields(tt.goes)) {
				t.Errorf("Go = %q, want %q", got.Go, tt.goes)
			}
		})
	}
}

func TestSplitArgsErrors(t *testing.T) {
	for _, tt := range []struct{ verb, args, want string }{
		{"build", "./a --explain", `flag "--explain" must come before the packages`},
		{"install", "-v ./a --lines=exact", `flag "--lines" must come before the packages`},
		{"build", "-v --lines", `flag "--lines" needs a value`},
		{"test", "./a --color", `flag "--color" needs a value`},
	} {
		_, err := SplitArgs(tt.verb, strings.Fields(tt.args))
		var user *fault.UserError
		if !errors.As(err, &user) || user.Kind != fault.Usage || user.Error() != tt.want {
			t.Errorf("SplitArgs(%s %s): error %v, want usage error %q", tt.verb, tt.args, err, tt.want)
		}
	}
}

func TestFindFlag(t *testing.T) {
	for _, tt := range []struct {
		verb, args, name string
		want             string
		ok               bool
	}{
		{"build", "-o x .", "o", "x", true},
		{"build", "--o=x .", "o", "x", true},
		{"build", "-o=x -o y .", "o", "y", true},
		{"build", "-race .", "race", "true", true},
		{"build", "--race=false .", "race", "false", true},
		{"build", "-o -race .", "race", "", false},
		{"build", ". -race", "race", "", false},
		{"build", "-C", "C", "", false},
		{"build", "-unknown .", "unknown", "true", true},
		{"build", "-- -race", "race", "", false},
		{"build", "-tags= .", "tags", "", true},
		{"run", "-C d . -C e", "C", "d", true},
		{"test", ". -race", "race", "true", true},
		{"test", ". -args -race", "race", "", false},
		{"test", "-test.run X", "run", "X", true},
		{"test", "-run -v -v", "v", "true", true},
	} {
		got, ok := FindFlag(tt.verb, strings.Fields(tt.args), tt.name)
		if got != tt.want || ok != tt.ok {
			t.Errorf("FindFlag(%s %s, %s) = %q, %t; want %q, %t", tt.verb, tt.args, tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestPackages(t *testing.T) {
	for _, tt := range []struct{ verb, args, want string }{
		{"build", "-o x", ""},
		{"build", "-o x ./a ./b", "./a ./b"},
		{"build", "-v -- ./a", "./a"},
		{"run", "-race . arg", "."},
		{"run", "a.go b.go arg.txt c.go", "a.go b.go"},
		{"test", "-v ./a ./b -run X", "./a ./b"},
		{"test", "./a -mine x", "./a"},
	} {
		if got := Packages(tt.verb, strings.Fields(tt.args)); !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("Packages(%s %s) = %q, want %q", tt.verb, tt.args, got, tt.want)
		}
	}
}

func TestListArgs(t *testing.T) {
	got := ListArgs("build", strings.Fields("-C d -v -o x --tags a,b -race -ldflags -s ."))
	if want := strings.Fields("-C d --tags a,b -race"); !slices.Equal(got, want) {
		t.Errorf("ListArgs = %q, want %q", got, want)
	}
}

// FuzzSplitArgs holds what must be true of every command line: nothing is
// lost or reordered, and what is left for go has nothing of gust's in it.
func FuzzSplitArgs(f *testing.F) {
	f.Add("build", "--explain -o --json . --x")
	f.Add("test", "-run --json ./a -mine --lines exact --json b -args --explain")
	f.Add("run", "--color=never -exec --help a.go b.go --help")
	f.Add("install", "-- --explain")
	f.Fuzz(func(t *testing.T, verb, line string) {
		args := strings.Split(line, " ")
		got, err := SplitArgs(verb, args)
		if err != nil {
			var user *fault.UserError
			if !errors.As(err, &user) {
				t.Fatalf("SplitArgs(%q, %q): %v is not for the user", verb, args, err)
			}
			return
		}
		checkMerge(t, verb, args, got)
		again, err := SplitArgs(verb, got.Go)
		if err != nil || len(again.Own) > 0 || !slices.Equal(again.Go, got.Go) {
			t.Errorf("SplitArgs(%q, %q) left %q, which splits into %+v, %v", verb, args, got.Go, again, err)
		}
	})
}

// checkMerge checks that got is args dealt into two, order kept. The tokens
// of scan are the dealing, so it is enough that they add up to args and that
// each went where its kind says.
func checkMerge(t *testing.T, verb string, args []string, got Args) {
	t.Helper()
	tokens, err := scan(verb, args)
	if err != nil {
		t.Fatal(err)
	}
	var all, goes []string
	own := 0
	for _, token := range tokens {
		all = append(all, token.raw...)
		if token.kind != ownToken {
			goes = append(goes, token.raw...)
			continue
		}
		if f := got.Own[own]; !strings.HasPrefix(token.raw[0], "--"+f.Name) {
			t.Fatalf("flag %+v was made of %q", f, token.raw)
		}
		own++
	}
	if !slices.Equal(all, args) || !slices.Equal(goes, got.Go) || own != len(got.Own) {
		t.Fatalf("%q split into %+v", args, got)
	}
}
