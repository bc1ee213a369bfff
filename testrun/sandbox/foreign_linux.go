package sandbox

import (
	"fmt"
	"os"
	"syscall"

	"github.com/gust-go/gust/internal/gocmd"
)

// CannotKeepAside says why what tests write to the checkout cannot be kept aside, "" if
// it can. Who has no privileges has one user and one group in a user namespace, and an
// overlay cannot make a directory for writes in place of one that belongs to others: the
// test would be told that a value is too large (EOVERFLOW).
func CannotKeepAside(env gocmd.Env) string {
	if allRights() {
		return ""
	}
	for _, checkout := range (Options{Env: env}).checkouts() {
		info, err := os.Stat(checkout)
		if err != nil {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && (int(st.Uid) != os.Getuid() || int(st.Gid) != os.Getgid()) {
			return fmt.Sprintf("%s belongs to user %d and group %d", checkout, st.Uid, st.Gid)
		}
	}
	return ""
}
