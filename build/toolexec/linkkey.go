package toolexec

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gust-go/gust/build/store"
)

// linkers are those whose sources were read for what they depend on.
var linkers = regexp.MustCompile(`^link version go1\.(24|25|26|27)(\.\d+)?( X:\S+)?$`)

// linkFlags are flags of cmd/link that cmd/go passes and those that users pass
// in -ldflags whose effect depends on nothing outside of what linkInputs says.
// With any other one the link is not understood.
var linkFlags = map[string]flagRole{
	"s": roleBool, "w": roleBool, "race": roleBool, "compressdwarf": roleBool, "checklinkname": roleBool,
	"X": roleValue, "buildmode": roleValue, "buildid": roleValue, "installsuffix": roleValue, "B": roleValue,
	"extld": roleValue, "extldflags": roleValue,
	"o": roleOutput, "importcfg": roleIgnored,
}

// linkCall is a command line of the linker taken apart.
type linkCall struct {
	flags []flagArg
	at    map[string]int // where the last flag of that name begins among the arguments
	named map[string]string
	main  string // the archive of the main package
}

// parseLink takes the linker's arguments apart; ok is false if there is anything
// in them that is not known to keep the result the same everywhere.
func parseLink(args []string) (c *linkCall, ok bool) {
	c = &linkCall{at: map[string]int{}, named: map[string]string{}}
	i := 0
	for i < len(args) && strings.HasPrefix(args[i], "-") {
		begin := i
		name, value, has := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(args[i], "-"), "-"), "=")
		role := linkFlags[name]
		i++
		switch {
		case role == roleUnknown:
			return nil, false
		case role == roleBool:
			if !has {
				value = "true"
			}
		case !has:
			if i == len(args) {
				return nil, false
			}
			value = args[i]
			i++
		}
		c.flags = append(c.flags, flagArg{name, value, role})
		c.at[name], c.named[name] = begin, value
	}
	if i != len(args)-1 {
		return nil, false
	}
	c.main = args[i]
	mode := c.named["buildmode"]
	return c, (mode == "exe" || mode == "pie") && filepath.IsAbs(c.named["o"]) && c.named["importcfg"] != "" && filepath.IsAbs(c.main)
}

// linkInputs is everything that a link depends on which runs no tool of the host.
// cmd/go's own key is part of it, with the flag -buildid.
type linkInputs struct {
	Linker  string   `json:"linker"`  // what it says of itself
	Content string   `json:"content"` // of its executable
	Host    string   `json:"host"`
	Env     []string `json:"env"`
	Args    []string `json:"args"`
	Main    string   `json:"main"`
	Config  []string `json:"config"` // with the contents of archives
	Loaders []string `json:"loaders"`
}

var errNotShared = errors.New("a link that is not shared")

// linkKey names a link by all that it depends on.
func linkKey(st *store.Store, tool string, c *linkCall) (string, error) {
	in := linkInputs{Host: runtime.GOOS + "/" + runtime.GOARCH, Env: environment(compilerEnv), Loaders: presentLoaders(os.Stat)}
	said, err := toolID(st, tool)
	if err != nil {
		return "", err
	}
	if in.Linker = strings.TrimSpace(said); !linkers.MatchString(in.Linker) {
		return "", errNotShared
	}
	// What was decided when the linker was built, such as its loader, is not in that.
	if in.Content, err = store.FileKey(tool); err != nil {
		return "", err
	}
	for _, f := range c.flags {
		if f.role != roleIgnored && f.role != roleOutput {
			in.Args = append(in.Args, "-"+f.name+"="+f.value)
		}
	}
	if in.Main, err = archiveID(c.main); err != nil {
		return "", err
	}
	text, err := os.ReadFile(c.named["importcfg"])
	if err != nil {
		return "", err
	}
	if linksExternally(string(text)) {
		return "", errNotShared
	}
	if in.Config, err = linkConfig(string(text)); err != nil {
		return "", err
	}
	b, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	return store.Key([]byte("link 1\n"), b), nil
}

// linkConfig is the linker's importcfg with what is in the archives in place of
// where they are.
func linkConfig(text string) ([]string, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	var next atomic.Int64
	errs := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for n := range errs {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(lines)) && errs[n] == nil; i = next.Add(1) - 1 {
				lines[i], errs[n] = linkConfigLine(lines[i])
			}
		})
	}
	wg.Wait()
	return lines, errors.Join(errs...)
}

func linkConfigLine(line string) (string, error) {
	if strings.HasPrefix(line, "modinfo ") {
		return line, nil
	}
	rest, ok := strings.CutPrefix(line, packageFile)
	path, file, ok2 := strings.Cut(rest, "=")
	if !ok || !ok2 {
		return "", errNotShared // a shared library
	}
	id, err := archiveID(file)
	return packageFile + path + "=" + id, err
}

// internalPackages are those with objects of the C compiler that the linker links
// itself (internalpkg in cmd/link/internal/ld/lib.go).
var internalPackages = map[string]bool{
	"crypto/internal/boring": true, "crypto/internal/boring/syso": true, "crypto/x509": true, "net": true, "os/user": true, "runtime/cgo": true,
	"runtime/race": true, "runtime/race/internal/amd64v1": true, "runtime/race/internal/amd64v3": true, "runtime/msan": true, "runtime/asan": true,
}

// linksExternally reports whether the linker will probably leave the work to one of
// the host: it spares to find that out when all is linked.
func linksExternally(config string) bool {
	if os.Getenv("GO_EXTLINK_ENABLED") == "1" {
		return true
	}
	if !strings.Contains(config, packageFile+"runtime/cgo=") {
		return false
	}
	for line := range strings.Lines(config) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), packageFile)
		path, file, _ := strings.Cut(rest, "=")
		if ok && !internalPackages[path] && hasHostObjects(file) {
			return true
		}
	}
	return false
}

// hasHostObjects reports whether an archive has an object that no tool of go's has
// made, or a note that the linker had better leave it to another one.
func hasHostObjects(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [60 + 9]byte
	for at := int64(len("!<arch>\n")); ; {
		n, _ := f.ReadAt(head[:], at)
		if n < 60 {
			return false
		}
		name := strings.TrimRight(string(head[:16]), " /")
		size, err := strconv.ParseInt(strings.TrimSpace(string(head[48:58])), 10, 64)
		if err != nil || size < 0 {
			return false
		}
		switch {
		case name == "dynimportfail", name == "preferlinkext":
			return true
		case len(name) == 16, strings.HasSuffix(name, ".o"), strings.HasSuffix(name, ".syso"):
			if !strings.HasPrefix(string(head[60:n]), "go object") {
				return true
			}
		}
		at += 60 + size + size&1
	}
}

// contentHash is how cmd/go writes a hash into a build ID. Whatever looks otherwise
// comes from a user's -gcflags=-buildid, and says nothing of the content.
var contentHash = regexp.MustCompile(`^[A-Za-z0-9_-]{20}$`)

// archiveID names the content of an archive: with the hash of it that cmd/go has
// put into it, by which it tells archives apart, too, or with one that is made now.
func archiveID(file string) (string, error) {
	f, err := openImport("", file)
	if err != nil {
		return "", err
	}
	if contentHash.MatchString(f.contentID) {
		return "id " + f.contentID, nil
	}
	key, err := store.FileKey(file)
	return "sha256 " + key, err
}

// loaders are the dynamic loaders of Linux that the linker knows. It names that of
// glibc in a program, unless only that of musl is on the machine.
var loaders = []string{
	"/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-riscv64-lp64d.so.1", "/lib/ld-linux.so.2", "/lib/ld-linux.so.3",
	"/lib/ld-musl-aarch64.so.1", "/lib/ld-musl-arm.so.1", "/lib/ld-musl-i386.so.1", "/lib/ld-musl-loongarch64.so.1",
	"/lib/ld-musl-mips.so.1", "/lib/ld-musl-mipsel.so.1", "/lib/ld-musl-mips64.so.1", "/lib/ld-musl-mips64el.so.1",
	"/lib/ld-musl-powerpc64.so.1", "/lib/ld-musl-powerpc64le.so.1", "/lib/ld-musl-riscv64.so.1", "/lib/ld-musl-s390x.so.1", "/lib/ld-musl-x86_64.so.1", "/lib/ld.so.1", "/lib/ld64.so.1",
	"/lib64/ld-linux-loongarch-lp64d.so.1", "/lib64/ld-linux-x86-64.so.2", "/lib64/ld64.so.1", "/lib64/ld64.so.2",
}

// presentLoaders are those that the linker would find. Which of them it looks for
// depends on the platform it links for.
func presentLoaders(stat func(string) (os.FileInfo, error)) (list []string) {
	for _, file := range loaders {
		if _, err := stat(file); err == nil {
			list = append(list, file)
		} else if !errors.Is(err, os.ErrNotExist) {
			list = append(list, fmt.Sprintf("%s: %v", file, err))
		}
	}
	return list
}

// keptArchive is the name of a file in go's cache: a hash of its content.
var keptArchive = regexp.MustCompile(`^[0-9a-f]{64}-d$`)

// intactArchives reports whether the archives of go's cache are what their names say:
// go looks at what they say of themselves, as the key does, and links what a disk has
// damaged. That must not get to others. The rest cmd/go has just made, and hashed.
func intactArchives(c *linkCall) bool {
	text, err := os.ReadFile(c.named["importcfg"])
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), packageFile)
		_, file, _ := strings.Cut(rest, "=")
		name := filepath.Base(file)
		if !ok || !keptArchive.MatchString(name) {
			continue
		}
		if hash, err := store.FileKey(file); err != nil || hash != strings.TrimSuffix(name, "-d") {
			return false
		}
	}
	return true
}
