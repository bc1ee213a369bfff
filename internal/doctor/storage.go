package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// largeCache is a build cache that is worth a word.
	largeCache = 10 << 30
	// walkFor is how long to look through a cache or a checkout.
	walkFor = 3 * time.Second
	// skew is how far a clock may be ahead without harm: go's test cache
	// wants files to be two seconds old.
	skew = 2 * time.Second
)

// checkTemp looks whether go can make its work directory.
func checkTemp(_ context.Context, f *facts) []Finding {
	dir := f.setting("GOTMPDIR")
	if dir == "" {
		return nil
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	return []Finding{{ID: "gotmpdir", Level: Problem, Text: "GOTMPDIR is " + dir + ", which is no directory", Evidence: []string{f.origin("GOTMPDIR")},
		Consequence: "every build fails: creating work dir", Fix: "mkdir -p " + dir,
		Apply: func(context.Context) error { return os.MkdirAll(dir, 0o700) }}}
}

// checkCache looks at size and place of the build cache.
func checkCache(ctx context.Context, f *facts) []Finding {
	dir := f.setting("GOCACHE")
	switch {
	case dir == "":
		return nil
	case dir == "off":
		return []Finding{{ID: "cache-off", Level: Problem, Text: "GOCACHE is off", Evidence: []string{f.origin("GOCACHE")},
			Consequence: "go refuses to build", Fix: first(f.unset("GOCACHE"))}}
	}
	var all []Finding
	if fstype, mount := f.mountOf(dir); slices.Contains([]string{"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs", "fuse.glusterfs", "vboxsf", "drvfs", "virtiofs", "davfs"}, fstype) {
		all = append(all, Finding{ID: "cache-network", Level: Warning, Text: "the build cache is on a file system of another machine",
			Evidence: []string{fmt.Sprintf("%s is on %s, a file system of type %s", dir, mount, fstype)}, Consequence: "every build waits for the network thousands of times, and locks may not hold",
			Fix: "go env -w GOCACHE=/var/tmp/go-build-$USER"})
	}
	if _, err := os.Stat(dir); err != nil {
		return all // it will be made by the first build
	}
	if tmp, err := os.CreateTemp(dir, "doctor-*.tmp"); err != nil {
		all = append(all, Finding{ID: "cache-unwritable", Level: Problem, Text: "the build cache cannot be written", Evidence: []string{err.Error()},
			Consequence: "builds fail", Fix: "go env -w GOCACHE=$HOME/.cache/go-build, or make it yours: chown -R $USER " + dir})
	} else {
		_ = errors.Join(tmp.Close(), os.Remove(tmp.Name())) // empty, and go trims what is left
	}
	size, complete := sizeOf(ctx, dir)
	text := fmt.Sprintf("the build cache has %d MB", size/1e6)
	if !complete {
		text += " or more"
	}
	if size >= largeCache {
		all = append(all, Finding{ID: "cache-size", Level: Warning, Text: text, Evidence: []string{dir},
			Consequence: "go removes only what was not used for five days, whatever the size", Fix: "go clean -cache"})
	} else {
		all = append(all, Finding{ID: "cache-size", Level: Info, Text: text, Evidence: []string{dir}})
	}
	return all
}

// sizeOf adds up files; complete is false if there was no time for all.
func sizeOf(ctx context.Context, dir string) (size int64, complete bool) {
	ctx, cancel := context.WithTimeout(ctx, walkFor)
	defer cancel()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || d.IsDir() {
			return nil // what cannot be read is not counted
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size, err == nil
}

// mountOf returns type and place of the file system that a path is on, "" if
// the host does not say.
func (f *facts) mountOf(path string) (fstype, mount string) {
	data, err := os.ReadFile(filepath.Join(f.Root, "/proc/self/mounts"))
	if err != nil {
		return "", ""
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		at := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`).Replace(fields[1])
		inside := path == at || strings.HasPrefix(path, strings.TrimSuffix(at, "/")+"/")
		if inside && len(at) >= len(mount) {
			fstype, mount = fields[2], at
		}
	}
	return fstype, mount
}

// checkClock looks for files from the future, in the module and where the
// cache is.
func checkClock(ctx context.Context, f *facts) []Finding {
	limit := f.Now().Add(skew)
	var evidence []string
	if dir := f.env["GOCACHE"]; dir != "" {
		if tmp, err := os.CreateTemp(dir, "doctor-*.tmp"); err == nil {
			if info, err := tmp.Stat(); err == nil && info.ModTime().After(limit) {
				evidence = append(evidence, "a file that is made now in "+dir+" is from "+info.ModTime().Format(time.RFC3339))
			}
			_ = errors.Join(tmp.Close(), os.Remove(tmp.Name()))
		}
	}
	evidence = append(evidence, futureFiles(ctx, f.mod.root, limit)...)
	if len(evidence) == 0 {
		return nil
	}
	return []Finding{{ID: "clock", Level: Warning, Text: "there are files from the future", Evidence: evidence,
		Consequence: "go does not cache tests that read them, and other tools take them for changed again and again",
		Fix:         "set the clock, then: touch the files above"}}
}

// futureFiles lists up to five Go files below dir that are newer than limit.
func futureFiles(ctx context.Context, dir string, limit time.Time) []string {
	if dir == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, walkFor)
	defer cancel()
	var found []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil || len(found) == 5:
			return fs.SkipAll
		case err != nil:
			return nil
		case d.IsDir() && path != dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		if info, err := d.Info(); err == nil && info.ModTime().After(limit) {
			found = append(found, path+" is from "+info.ModTime().Format(time.RFC3339))
		}
		return nil
	})
	return found
}
