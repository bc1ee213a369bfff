package doctor

import (
	"maps"
	"slices"
)

// texts explain findings by their ID: what is looked at, and why it matters.
var texts = map[string]string{
	"go-missing": `No program called go was found in the entries of PATH that are absolute. The
usual places of installations were looked through as well.`,
	"go-broken": `The first go in PATH did not answer "go version" as a go command does: it
failed, hung, is for another machine, or is another program of that name.`,
	"go-chosen": `The go that gust drives: GUST_GO if it is set, else the first in PATH that is
not gust. All others that were found are listed with the version each gives
when asked, links resolved. Shells pick the first too, but may remember an
older answer: run hash -r.`,
	"go-env": `"go env" failed in this directory, as every other go command will. Usual causes
are an error in go.mod or go.work, a toolchain that cannot be had, and a
setting that go refuses.`,
	"go-shadow": `A newer go is installed, but an older one comes first in PATH. This is how an
update seems to have no effect: distributions put /usr/bin/go there, and
archives go to /usr/local/go. Since Go 1.21 an old go may download a newer
one for modules that ask for it (https://go.dev/doc/toolchain), which hides
the mistake where there is a network.`,
	"path-relative": `An empty entry of PATH, or one that does not begin with a slash, means the
current directory. A checkout can then replace programs by entering it.`,
	"shell-path": `The lines of shells' start files that put the directory of the older go in
front of PATH, or set PATH anew without what it held. Lines that compute the
value in other ways are not understood.`,
	"goroot": `GOROOT says where compiler and standard library are. go knows it by itself;
a value that is set by hand is wrong after the next update, and with several
versions it is wrong for all but one ("compile: version does not match").`,
	"toolchain-local": `The go line of go.mod names the least version that can build the module. With
GOTOOLCHAIN=local go does not get a newer one and refuses
(https://go.dev/doc/toolchain).`,
	"toolchain-pinned": `GOTOOLCHAIN names one version, so that any go that is started becomes that one.`,
	"toolchain-switch": `The go line of go.mod asks for a newer version than the go that is installed,
which therefore runs another one that it has downloaded.`,
	"goexperiment": `GOEXPERIMENT switches features of the toolchain on, or off with the prefix no.
Names come and go with releases; with one that it does not know, go refuses
everything, "go env" and "go version" included. A value left behind by
go env -w breaks go at the next update.`,
	"goenv": `go env -w writes to a file that holds for every directory of the user, below
the environment and above the defaults. Nobody sees it in the project.`,
	"goflags": `GOFLAGS is added to every go command. -count and -shuffle keep tests from being
cached, -mod=mod lets builds edit go.mod, -a compiles everything anew.`,
	"proxy": `GOPROXY says where modules and toolchains come from.`,
	"sumdb": `go compares a module that is new to a project with a public log, sum.golang.org.
GOSUMDB=off, GONOSUMDB and GOINSECURE switch that off. For modules of your own
GOPRIVATE is enough.`,
	"gobin-path": `go install puts programs into GOBIN, or bin below GOPATH.`,
	"env-file":   `The project has a .env.go that has an error, or sets what needs your approval.`,
	"gotmpdir":   `GOTMPDIR is where go makes its work directories. It is not made by go.`,
	"cache-off":  `go needs a build cache since 1.12.`,
	"cache-network": `The build cache is read and written thousands of times in a build. NFS and the
like make that slow, and its locks unsafe.`,
	"cache-unwritable": `go could not make a file in the build cache, often because it was run as root
once with the same HOME.`,
	"cache-size": `The size of go's build cache, as far as it could be added up in three seconds.`,
	"clock": `A file with a time in the future. go does not cache a test that opened a file
younger than two seconds, and a file from the future always is.`,
	"stamp-time": `-ldflags "-X main.buildTime=$(date)" is another command line each time, so that
the linker runs in every build even if nothing has changed.`,
	"cgo": `Packages that use cgo need a C compiler. Without one in PATH go leaves cgo off
unless CGO_ENABLED=1 is set.`,
	"git-missing": `go asks git for the revision that it puts into programs.`,
	"git-owner": `git refuses checkouts of other users (safe.directory), since their configuration
could run programs. go build then fails for main packages unless told
-buildvcs=false. In containers the checkout often belongs to another number.`,
	"userns": `Sandboxes without privilege are made with user namespaces. Some distributions
switch them off or leave them to programs with a profile.`,
}

// Explain returns the text about a finding.
func Explain(id string) (string, bool) {
	text, ok := texts[id]
	return text, ok
}

// IDs lists the findings there are.
func IDs() []string { return slices.Sorted(maps.Keys(texts)) }
