package astcache

import "path/filepath"

// A Mode says what about a file counts.
type Mode uint8

const (
	// Fixed files belong to the toolchain or the module cache. They do not
	// change; if stat says otherwise, everything is looked at anew.
	Fixed Mode = iota
	// Kind only asks whether there is a file, a directory or nothing.
	Kind
	// Bytes counts every byte, but which files there are does not depend on it.
	Bytes
	// Config counts every byte, and anything may depend on it: go.mod, the
	// go env file, a Go file that uses cgo.
	Config
	// Code is a Go file that is compiled: see [Summary].
	Code
	// Exact is a Go file that is compiled and of which every byte counts.
	Exact
	// Head is a Go file that go looks at without compiling it.
	Head
)

// A Rule says which names of a directory count.
type Rule uint8

const (
	// Unlisted directories only lead to files.
	Unlisted Rule = iota
	// Whole directories must be as stat saw them: toolchain, module cache.
	Whole
	// Sources are the names that go reads in a package's directory.
	Sources
	// Tree adds directories, for patterns such as ./....
	Tree
	// All is every name, where files are embedded.
	All
)

// A Dir is a directory and what is watched in it.
type Dir struct {
	Path string // absolute
	Rule Rule
	// Stat is the digest of stat, 0 if the directory is not there.
	Stat uint64
	// Names is the hash of the names that count.
	Names Sum
	Racy  bool
	Files []File
}

// path is that of one of the files. There are thousands, and few are asked for.
func (d *Dir) path(f *File) string { return filepath.Join(d.Path, f.Name) }

// A File is a file in a Dir.
type File struct {
	Name string
	Mode Mode
	Racy bool
	// Stat is the digest of stat, 0 if the file is not there. For Kind it is
	// one of the kinds.
	Stat uint64
	// Sums is nil for Fixed and Kind.
	Sums *Sums
}

// Sums are the hashes of a file's Summary.
type Sums struct{ Content, Code, Shape Sum }

// What Kind tells apart.
const (
	kindNone uint64 = iota
	kindFile
	kindDir
)

// A Tool is a program that the build depends on, found in PATH.
type Tool struct {
	Name string // as it was looked up
	Path string // where it was found, empty if it was not
}

// An Output is a file that the build wrote.
type Output struct {
	Path string // absolute
	// Stat is the digest of stat at the end.
	Stat uint64
}

// A Snapshot is what the last good build of one target depended on.
type Snapshot struct {
	// Unproven snapshots say what to watch, but not what the build read.
	Unproven bool
	// Dirs are sorted by path.
	Dirs []Dir
	// Imports are the sorted import paths that the build knows.
	Imports []string
	Tools   []Tool
	// Repo is the repository that is stamped into what is written; empty if
	// none is. Stamp says in which state.
	Repo, Stamp string
	// Outputs are the files written.
	Outputs []Output
	// Plan identifies what was written down of the build's steps, see
	// [SavePlan]; it is zero if nothing was.
	Plan Sum

	id [32]byte // the checksum of the file it was read from
}
