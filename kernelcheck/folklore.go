package kernelcheck

import "strings"

// A Story is a claim that goes around, and what is true of it.
type Story struct {
	Name    string
	Title   string
	Text    string
	Sources []string
}

// LookupStory finds a claim by name.
func LookupStory(name string) (Story, bool) {
	for _, s := range stories() {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return Story{}, false
}

func stories() []Story {
	return []Story{{
		Name:  "fieldtrack",
		Title: "GOEXPERIMENT=fieldtrack does not need soft-dirty tracking, nor any kernel",
		Text: `An article says that Go 1.22 turns on GOEXPERIMENT=fieldtrack, and that programs
then panic on kernels without soft-dirty tracking. That is false:

  - fieldtrack is off by default in every release from 1.20 to 1.27.
  - It has nothing to do with tracking memory: the compiler and the linker note
    which struct fields marked go:"track" a program can reach. At run time nothing
    happens.
  - The runtime uses neither clear_refs nor pagemap nor soft-dirty bits, and the
    panic that the article quotes is not in its source.
  - GOEXPERIMENT=-fieldtrack, which the article recommends, makes every go command
    fail with "unknown GOEXPERIMENT -fieldtrack"; the prefix that switches off is
    "no", and nofieldtrack changes nothing.
  - Soft-dirty bits exist since Linux 3.11, not 5.4, and no experiment of Go has a
    requirement on the kernel.

What is true: soft-dirty bits matter to CRIU and to programs that track writes
themselves (see gust kernel explain SOFT-DIRTY), and an experiment that the
toolchain does not know is fatal (see gust kernel explain GOEXPERIMENT).`,
		Sources: []string{
			"https://go.googlesource.com/go/+/3d40062c68b0",
			"https://go.googlesource.com/go/+/refs/tags/go1.26.0/src/internal/buildcfg/exp.go",
			"https://go.googlesource.com/go/+/refs/tags/go1.26.0/src/cmd/compile/internal/walk/expr.go",
			"https://docs.kernel.org/admin-guide/mm/soft-dirty.html",
		},
	}, {
		Name:  "GOEXPERIMENT",
		Title: "experiments that the toolchain does not know, or that are dangerous to leave set",
		Text: `A name in GOEXPERIMENT that the toolchain does not know makes every go command
fail, go version and go env included. What counts is the toolchain that finally
runs, after GOTOOLCHAIN and the go and toolchain lines of go.mod.

go takes the value from the environment, else from the file of go env -w, else
from go.env in GOROOT. An empty variable does not hide the file: use
"go env -u GOEXPERIMENT", GOENV=off, or GOEXPERIMENT=none.`,
		Sources: []string{"https://go.dev/issue/80252", "https://go.dev/issue/75043", "https://go.dev/issue/74111"},
	}}
}
