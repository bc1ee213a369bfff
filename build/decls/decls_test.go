package decls

import "testing"

const base = `package p

import "fmt"

type T struct{ a int }

// Get is documented.
func (t *T) Get() int {
	return t.a
}

func f(x int) { fmt.Println(x) }
`

func TestCompare(t *testing.T) {
	tests := []struct{ name, cur, want string }{
		{"same", base, "comments or formatting changed"},
		{"comment text", replace("documented", "described"), "comments or formatting changed"},
		{"comment line", replace("// Get", "//\n// Get"), "comments or blank lines changed, lines moved"},
		{"body", replace("return t.a", "return t.a + 1"), "func (*T) Get: body changed"},
		{"body with a new line", replace("return t.a", "t.a++\n\treturn t.a"), "func (*T) Get: body changed, lines moved"},
		{"signature", replace("f(x int)", "f(x int64)"), "func f: signature changed"},
		{"type", replace("a int }", "a, b int }"), "type T: changed"},
		{"added", base + "func g() {}\n", "func g: added"},
		{"removed", replace("func f(x int) { fmt.Println(x) }\n", ""), "func f: removed"},
		{"renamed", replace("func f(", "func g("), "func g: added; func f: removed"},
		{"import", replace(`"fmt"`, `fmt "fmt"`), "imports: changed"},
	}
	for _, tt := range tests {
		d, err := Compare([]byte(base), []byte(tt.cur))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if got := d.Text(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if _, err := Compare([]byte(base), []byte("package p; func {")); err == nil {
		t.Error("no error for a file that does not parse")
	}
}

func replace(old, cur string) string {
	i := 0
	for ; i+len(old) <= len(base); i++ {
		if base[i:i+len(old)] == old {
			return base[:i] + cur + base[i+len(old):]
		}
	}
	panic("not in base: " + old)
}
