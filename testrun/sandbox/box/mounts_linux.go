package box

import (
	"fmt"
	"os"
	"sort"
	"syscall"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// A view is what the file system is to look like. It is put together in two
// steps: everything is opened by its name first, and then put in places
// where it hides other names.
type view struct {
	init    initSpec
	boxTree int // a copy of the mount that the box's directory is in
	box     int // the box's directory, writable
	lowers  []int
	opened  []mounted // copies of mounts to put back
	private []mounted
	devices []mounted
}

type mounted struct {
	fd   int
	path string
	// shown is true if it is there to look at only.
	shown bool
}

// private are directories that everybody shares, and the names of those in the
// box that take their place.
func privateDirs(tmpdir string, s Spec) map[string]string {
	dirs := map[string]string{"/tmp": "tmp", "/var/tmp": "vartmp", "/dev/shm": "shm"}
	if s.Strict {
		dirs["/run"] = "run" // sockets of the machine's services
		if s.Home != "" {
			dirs[s.Home] = "home"
		}
	}
	if dir := fspath.Clean(os.Getenv("XDG_RUNTIME_DIR")); !s.HostNet && fspath.Dir(dir) == "/run/user" {
		dirs[dir] = "rundir" // sockets of the user's services, which run programs for whoever asks
	}
	if tmpdir = fspath.Clean(tmpdir); fspath.IsAbs(tmpdir) && tmpdir != "/" {
		for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm"} {
			if inside(tmpdir, dir) {
				return dirs
			}
		}
		if !s.isTree(tmpdir) {
			dirs[tmpdir] = "tmpdir"
		}
	}
	return dirs
}

// isTree reports whether a directory is one that tests see as it is.
func (s Spec) isTree(dir string) bool {
	for _, t := range append(append([]Tree{}, s.Trees...), s.InHome...) {
		if t.Path == dir {
			return true
		}
	}
	return false
}

// makeBox makes the directories of a box. All of it is on the disk that the run
// is on: memory as a file system changes how tests behave.
func (i *initSpec) makeBox() error {
	for path, name := range i.Private {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if err := i.mkdirLike(name, info); err != nil {
			return err
		}
	}
	for _, t := range i.Trees {
		info, err := os.Stat(t.Path)
		if err != nil {
			return err
		}
		if err := i.mkdirLike(t.Name, info); err != nil {
			return err
		}
		if err := os.Mkdir(fspath.Join(i.Box, t.Name+".work"), 0o700); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// mkdirLike makes a directory of the box that stands in for another, unless it is
// there from a test before, which has not touched it.
func (i *initSpec) mkdirLike(name string, like os.FileInfo) error {
	path := fspath.Join(i.Box, name)
	mode := like.Mode() & (os.ModePerm | os.ModeSticky | os.ModeSetgid)
	if err := os.Mkdir(path, 0o700); os.IsExist(err) {
		if there, err := os.Lstat(path); err == nil && there.Mode() == mode|os.ModeDir && there.ModTime().Equal(like.ModTime()) && sameOwner(there, like) {
			return i.made.note(i.Box, name)
		}
	} else if err != nil {
		return err
	}
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	if st, ok := like.Sys().(*syscall.Stat_t); ok && os.Getuid() == 0 {
		if err := os.Chown(path, int(st.Uid), int(st.Gid)); err != nil {
			return err
		}
	}
	if err := os.Chtimes(path, like.ModTime(), like.ModTime()); err != nil {
		return err
	}
	return i.made.note(i.Box, name)
}

// sameOwner reports whether a stand-in belongs to whom it should; only root gives
// it to others.
func sameOwner(a, b os.FileInfo) bool {
	x, okX := a.Sys().(*syscall.Stat_t)
	y, okY := b.Sys().(*syscall.Stat_t)
	return os.Getuid() != 0 || okX && okY && x.Uid == y.Uid && x.Gid == y.Gid
}

// open is the first step.
func (v *view) open() error {
	var err error
	if v.boxTree, err = openTree(v.init.Box, false); err != nil {
		return err
	}
	sort.Slice(v.init.Trees, func(i, j int) bool { return len(v.init.Trees[i].Path) < len(v.init.Trees[j].Path) })
	for _, t := range v.init.Trees {
		fd, err := openPath(t.Path)
		if err != nil {
			return err
		}
		v.lowers = append(v.lowers, fd)
	}
	for path, name := range v.init.Private {
		if err := v.inMemory(name); err != nil {
			return err
		}
		if err := v.copyOf(&v.private, fspath.Join(v.init.Box, name), path); err != nil {
			return err
		}
	}
	for _, path := range v.init.Shown {
		err := v.copyOf(&v.private, path, path)
		if os.IsNotExist(err) {
			continue // a cache of modules that nobody has needed yet
		}
		if err != nil {
			return err
		}
		v.private[len(v.private)-1].shown = true
	}
	sort.Slice(v.private, func(i, j int) bool { return len(v.private[i].path) < len(v.private[j].path) })
	for _, path := range v.init.Mounts {
		// One that cannot be opened would not be of use to the test either.
		_ = v.copyOf(&v.opened, path, path)
	}
	for _, path := range v.init.Open {
		if err := v.copyOf(&v.opened, path, path); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if v.init.Binary != "" {
		if err := v.copyOf(&v.opened, v.init.Binary, v.init.Binary); err != nil {
			return err
		}
	}
	if v.init.Root {
		for _, path := range deviceNodes {
			_ = v.copyOf(&v.devices, path, path)
		}
	}
	return nil
}

// inMemory puts a file system in memory in the place of one of the box's directories
// for temporary files, if that is what to try.
func (v *view) inMemory(name string) error {
	if !v.init.Memory || name != "tmp" && name != "vartmp" && name != "tmpdir" {
		return nil
	}
	dir := fspath.Join(v.init.Box, name)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=1777"); err != nil {
		return fmt.Errorf("have %s in memory: %w", dir, err)
	}
	return nil
}

func (v *view) copyOf(list *[]mounted, from, to string) error {
	fd, err := openTree(from, true)
	if err != nil {
		return err
	}
	*list = append(*list, mounted{fd: fd, path: to})
	return nil
}

// apply is the second step.
func (v *view) apply() error {
	if err := setattr("/", true, mountAttr{set: mountAttrRO, propagation: syscall.MS_PRIVATE}); err != nil {
		return err
	}
	if err := attach(v.boxTree, v.init.Box); err != nil {
		return err
	}
	var err error
	if v.box, err = openPath(v.init.Box); err != nil {
		return err
	}
	if v.init.Root {
		if err := v.ownDevices(); err != nil {
			return err
		}
	}
	if err := v.putPrivate(false); err != nil {
		return err
	}
	for i, t := range v.init.Trees {
		if err := v.overlay(t, v.lowers[i]); err != nil {
			return err
		}
	}
	if err := v.putPrivate(true); err != nil {
		return err
	}
	for _, m := range v.opened {
		if err := v.put(m); err != nil {
			return err
		}
	}
	if err := v.hide(); err != nil {
		return err
	}
	// Who goes through the list of mounts should find each of them.
	if err := syscall.Unmount(fdPath(v.box), syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount %s: %w", v.init.Box, err)
	}
	return v.proc()
}

// hide puts nothing in the place of sockets that act for the user.
func (v *view) hide() error {
	path := v.init.Hidden
	if _, err := os.Stat(path); path == "" || err != nil {
		return nil
	}
	fd, err := openTree("/dev/null", false)
	if err != nil {
		return err
	}
	return attach(fd, path)
}

// putPrivate puts the private directories in place that are in a tree, or those
// that are not, and what is to stay visible in them, which may have private ones
// in it.
func (v *view) putPrivate(inTrees bool) error {
	for _, m := range v.private {
		if v.inTree(m.path) != inTrees {
			continue
		}
		if err := v.put(m); err != nil {
			return err
		}
		if !m.shown {
			continue
		}
		if err := setattr(m.path, true, mountAttr{set: mountAttrRO}); err != nil {
			return err
		}
	}
	return nil
}

func (v *view) inTree(path string) bool {
	for _, t := range v.init.Trees {
		if path != t.Path && inside(path, t.Path) {
			return true
		}
	}
	return false
}

// put attaches a copy of a mount. Its place may have to be made, if it is in
// one of the private directories.
func (v *view) put(m mounted) error {
	if err := v.place(m.path); err != nil {
		return err
	}
	return attach(m.fd, m.path)
}

func (v *view) place(path string) error {
	for private := range v.init.Private {
		if path == private || !inside(path, private) {
			continue
		}
		if path == v.init.Binary {
			if err := os.MkdirAll(fspath.Dir(path), 0o755); err != nil {
				return err
			}
			f, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600)
			if err != nil {
				return err
			}
			return f.Close()
		}
		return os.MkdirAll(path, 0o755)
	}
	return nil
}

// overlay shows a tree with writes going to the box. All names are those of
// open directories, as others may be hidden by now, and hold no commas. What is
// written need not outlive the machine: otherwise the kernel would write all of the disk
// that is not on it yet, such as what the linker has just made, when the overlay ends.
func (v *view) overlay(t Tree, lower int) error {
	if err := v.place(t.Path); err != nil {
		return err
	}
	upper := fdPath(v.box) + "/" + t.Name
	opts := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s.work,userxattr,volatile", fdPath(lower), upper, upper)
	defer syscall.Close(lower)
	err := syscall.Mount("overlay", t.Path, "overlay", 0, opts)
	if err == nil {
		return nil
	}
	// The kernel makes no overlay that would show what a mount of a namespace with more
	// rights hides.
	for _, point := range v.init.Mounts {
		if err == syscall.EINVAL && inside(point, t.Path) {
			return fmt.Errorf("put an overlay on %s: %w: something is mounted on %s, which it would uncover", t.Path, err, point)
		}
	}
	return fmt.Errorf("put an overlay on %s: %w", t.Path, err)
}
