package main

// A suite is the tests of a module, or some of them.
type suite struct {
	Module, Version string
	// Packages are patterns; none stands for all packages.
	Packages []string
	// Flags are for go test.
	Flags []string
	// Traits say what is special about it.
	Traits string
}

func (s suite) name() string { return s.Module + "@" + s.Version }

func (s suite) packages() []string {
	if len(s.Packages) == 0 {
		return []string{"./..."}
	}
	return s.Packages
}

// suites are small enough to be run often, and differ in what they need of a
// machine.
var suites = []suite{
	{Module: "gopkg.in/natefinch/lumberjack.v2", Version: "v2.2.1", Traits: "log files, times of files"},
	{Module: "github.com/peterbourgon/diskv/v3", Version: "v3.0.1", Traits: "writes to the checkout, files left in /tmp"},
	{Module: "github.com/tidwall/redcon", Version: "v1.6.4", Traits: "fixed ports, a socket in /tmp"},
	{Module: "github.com/fsnotify/fsnotify", Version: "v1.10.1", Traits: "inotify"},
	{Module: "github.com/spf13/viper", Version: "v1.21.0", Traits: "configuration in files and variables"},
	{Module: "github.com/spf13/afero", Version: "v1.15.0", Traits: "file systems, permissions"},
	{Module: "github.com/google/go-cmp", Version: "v0.7.0", Traits: "none"},
	{Module: "github.com/tidwall/buntdb", Version: "v1.3.0", Flags: []string{"-short"}, Traits: "fsync, timing"},
	{Module: "github.com/spf13/cobra", Version: "v1.10.2", Traits: "runs bash"},
	{Module: "github.com/gorilla/websocket", Version: "v1.5.3", Traits: "loopback servers"},
	{Module: "github.com/gofrs/flock", Version: "v0.13.2", Traits: "file locks"},
	{Module: "github.com/adrg/xdg", Version: "v0.5.3", Traits: "HOME and XDG variables"},
	{Module: "github.com/hashicorp/go-plugin", Version: "v1.8.0", Traits: "child processes, sockets in /tmp"},
	{Module: "github.com/creack/pty", Version: "v1.1.24", Traits: "pseudo-terminals"},
	{Module: "github.com/rogpeppe/go-internal", Version: "v1.16.0", Traits: "runs go, scripts, locks"},
	{Module: "github.com/nxadm/tail", Version: "v1.4.11", Traits: "inotify, timing"},
	{Module: "github.com/moby/sys/mountinfo", Version: "v0.7.3", Traits: "mounts file systems as root"},
	{Module: "github.com/google/renameio/v2", Version: "v2.0.2", Traits: "renames, TMPDIR"},
	{Module: "github.com/otiai10/copy", Version: "v1.14.1", Traits: "permissions, times and owners of files"},
	{Module: "golang.org/x/sys", Version: "v0.50.0", Packages: []string{"./unix/..."}, Traits: "system calls of all kinds"},
	{Module: "github.com/mdlayher/netlink", Version: "v1.11.2", Traits: "netlink sockets, network namespaces as root"},
	{Module: "go.uber.org/goleak", Version: "v1.3.0", Traits: "goroutines, runs itself"},
	{Module: "github.com/mitchellh/go-homedir", Version: "v1.1.0", Traits: "HOME, runs getent"},
	{Module: "github.com/libp2p/go-reuseport", Version: "v0.4.0", Traits: "shared ports"},
	{Module: "github.com/karrick/godirwalk", Version: "v1.17.0", Traits: "directory trees, links"},
	{Module: "github.com/mitchellh/go-ps", Version: "v1.0.0", Traits: "lists processes"},
	{Module: "github.com/nightlyone/lockfile", Version: "v1.0.0", Traits: "process IDs in lock files"},
	{Module: "github.com/soheilhy/cmux", Version: "v0.1.5", Traits: "loopback servers"},
	{Module: "github.com/hashicorp/mdns", Version: "v1.0.7", Traits: "multicast"},
	{Module: "github.com/hashicorp/yamux", Version: "v0.1.2", Flags: []string{"-short"}, Traits: "loopback servers, timing"},
	{Module: "github.com/cyphar/filepath-securejoin", Version: "v0.7.0", Packages: []string{"."}, Traits: "links, paths below roots"},
	{Module: "github.com/shirou/gopsutil/v4", Version: "v4.26.10", Packages: []string{"./cpu", "./host", "./mem", "./disk", "./net", "./load"}, Traits: "reads /proc and /sys, asks the host"},
	{Module: "github.com/vishvananda/netlink", Version: "v1.3.1", Packages: []string{"./nl", "."}, Flags: []string{"-run=^Test(Addr|Route|Parse|Family|Rule|Attr)"}, Traits: "routes and addresses, needs root"},
	{Module: "github.com/mattn/go-sqlite3", Version: "v1.14.53", Packages: []string{"."}, Flags: []string{"-short"}, Traits: "cgo, databases on disk"},
}
