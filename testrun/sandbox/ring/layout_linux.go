//go:build amd64 || arm64

package ring

import (
	"fmt"

	"github.com/cilium/ebpf/btf"
)

// A layout is where things are in the kernel that runs: offsets in its structures.
type layout struct {
	leader, pid, info           int32 // struct task_struct
	fs, files                   int32
	level, numbers              int32 // struct pid
	upidSize, upidNr, upidNS    int32 // struct upid
	inum                        int32 // struct pid_namespace
	pwd                         int32 // struct fs_struct
	fdt, maxFDs, fd             int32 // struct files_struct, fdtable
	fpath                       int32 // struct file
	pathMnt, pathDentry         int32 // struct path
	mntRoot                     int32 // struct vfsmount
	mnt, mntParent, mountpoint  int32 // struct mount
	dParent, dName, dHash, name int32 // struct dentry, qstr
}

// readLayout asks the kernel.
func readLayout() (l layout, err error) {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return l, fmt.Errorf("read the kernel's types: %w", err)
	}
	for _, f := range []struct {
		to    *int32
		of    string
		names []string
	}{
		{&l.leader, "task_struct", []string{"group_leader"}},
		{&l.pid, "task_struct", []string{"thread_pid"}},
		{&l.info, "task_struct", []string{"thread_info", infoField}},
		{&l.fs, "task_struct", []string{"fs"}},
		{&l.files, "task_struct", []string{"files"}},
		{&l.level, "pid", []string{"level"}},
		{&l.numbers, "pid", []string{"numbers"}},
		{&l.upidNr, "upid", []string{"nr"}},
		{&l.upidNS, "upid", []string{"ns"}},
		{&l.inum, "pid_namespace", []string{"ns", "inum"}},
		{&l.pwd, "fs_struct", []string{"pwd"}},
		{&l.fdt, "files_struct", []string{"fdt"}},
		{&l.maxFDs, "fdtable", []string{"max_fds"}},
		{&l.fd, "fdtable", []string{"fd"}},
		{&l.fpath, "file", []string{"f_path"}},
		{&l.pathMnt, "path", []string{"mnt"}},
		{&l.pathDentry, "path", []string{"dentry"}},
		{&l.mntRoot, "vfsmount", []string{"mnt_root"}},
		{&l.mnt, "mount", []string{"mnt"}},
		{&l.mntParent, "mount", []string{"mnt_parent"}},
		{&l.mountpoint, "mount", []string{"mnt_mountpoint"}},
		{&l.dParent, "dentry", []string{"d_parent"}},
		{&l.dName, "dentry", []string{"d_name"}},
		{&l.dHash, "dentry", []string{"d_hash", "pprev"}},
		{&l.name, "qstr", []string{"name"}},
	} {
		var s *btf.Struct
		if err := spec.TypeByName(f.of, &s); err != nil {
			return l, fmt.Errorf("find struct %s in the kernel's types: %w", f.of, err)
		}
		at, ok := offset(s, f.names)
		if !ok {
			return l, fmt.Errorf("struct %s of this kernel has no %v", f.of, f.names)
		}
		*f.to = at
		if f.of == "upid" {
			l.upidSize = int32(s.Size)
		}
	}
	return l, nil
}

// offset follows names through members; those without a name are passed through.
func offset(t btf.Type, names []string) (int32, bool) {
	if len(names) == 0 {
		return 0, true
	}
	var members []btf.Member
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		members = t.Members
	case *btf.Union:
		members = t.Members
	}
	for _, m := range members {
		rest := names
		if m.Name == names[0] {
			rest = names[1:]
		} else if m.Name != "" {
			continue
		}
		if at, ok := offset(m.Type, rest); ok {
			return int32(m.Offset.Bytes()) + at, true
		}
	}
	return 0, false
}
