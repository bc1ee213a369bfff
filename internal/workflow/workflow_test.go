package workflow

import "testing"

func TestAnnotation(t *testing.T) {
	for _, test := range []struct {
		annotation Annotation
		want       string
	}{
		{Annotation{Level: Error, File: "a/b.go", Line: 3, Title: "T", Text: " x\n"}, "::error file=a/b.go,line=3,title=T::x\n"},
		{Annotation{Level: Notice, File: "go.mod", Title: "T", Text: "x"}, "::notice file=go.mod,line=1,title=T::x\n"},
		{Annotation{Level: Warning, Line: 9, Title: "T", Text: "x"}, "::warning title=T::x\n"},
		// Nothing in a name or a text may begin a property or a command.
		{
			Annotation{Level: Error, File: "a,line=9::b.go", Line: 1, Title: "100%: a,b", Text: "x\r\n::stop-commands::100%"},
			"::error file=a%2Cline=9%3A%3Ab.go,line=1,title=100%25%3A a%2Cb::x%0D%0A::stop-commands::100%25\n",
		},
	} {
		if got := test.annotation.String(); got != test.want {
			t.Errorf("%+v:\ngot  %q\nwant %q", test.annotation, got, test.want)
		}
	}
}
