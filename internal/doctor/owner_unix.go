//go:build unix

package doctor

import (
	"os"
	"strconv"
	"syscall"
)

// foreignOwner applies git's rule: a checkout must belong to who runs git, or
// to who became root by sudo.
func foreignOwner(path string) (owner string, foreign bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", false
	}
	uid := int(st.Uid)
	sudo, err := strconv.Atoi(os.Getenv("SUDO_UID"))
	if os.Geteuid() == 0 && err == nil && sudo == uid {
		return "", false
	}
	return "user " + strconv.Itoa(uid), uid != os.Geteuid()
}
