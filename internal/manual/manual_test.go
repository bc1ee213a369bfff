package manual

import (
	"strings"
	"testing"
)

func example() Command {
	const status = "\n\nEXIT STATUS\n  0    done\n  4    a rule is violated,\n       or *more*\n"
	return Command{
		Name: "gust do", Short: "do <things>",
		Help: `Does things. For
example:

  gust do .          \n with care

  gust do --all ./...

That is a line with a colon:

  .dot

Usage:
  gust do [flags]

Flags:
      --all       all of them,
                  not one
  -h, --help      help
      --long-one=NAME
                  its text

Use "gust do [command] --help" for more information about a command.
` + status,
		Subs: []Command{{Name: "gust do well", Short: "do it well", Help: "Does it well." + status}},
	}
}

func TestMarkdown(t *testing.T) {
	const want = `<!-- Made from gust's help by go generate ./docs; do not edit. -->

# gust do

Do \<things>. With examples: [do](../do.md).

~~~
gust do [flags]
~~~

Does things. For
example:

~~~
gust do .          \n with care

gust do --all ./...
~~~

That is a line with a colon:

~~~
.dot
~~~

## Flags

~~~
    --all       all of them,
                not one
-h, --help      help
    --long-one=NAME
                its text
~~~

## Exit status

~~~
0    done
4    a rule is violated,
     or *more*
~~~

## gust do well

Do it well.

Does it well.
`
	if got := string(Markdown(example(), "../do.md")); got != strings.ReplaceAll(want, "~~~", "```") {
		t.Errorf("got\n%s", got)
	}
}

func TestRoff(t *testing.T) {
	const want = `.TH GUST-DO 1 "" gust "gust manual"
.nh
.ad l
.SH NAME
gust\-do \- do <things>
.SH SYNOPSIS
.nf
gust do [flags]
.fi
.SH DESCRIPTION
Does things. For
example:
.PP
.nf
gust do .          \en with care

gust do \-\-all ./...
.fi
.PP
That is a line with a colon:
.PP
.nf
\&.dot
.fi
.SH FLAGS
.TP
\fB\-\-all\fR
all of them,
not one
.TP
\fB\-h, \-\-help\fR
help
.TP
\fB\-\-long\-one=NAME\fR
its text
.SH EXIT STATUS
.TP
\fB0\fR
done
.TP
\fB4\fR
a rule is violated,
or *more*
.SH GUST DO WELL
Do it well.
.PP
Does it well.
.SH SEE ALSO
\fBgust\-a\fR(1),
\fBgust\fR(1)
`
	if got := string(Roff(example(), []string{"gust-a", "gust"})); got != want {
		t.Errorf("got\n%s", got)
	}
}
