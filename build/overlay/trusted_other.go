//go:build !unix

package overlay

import "io/fs"

// trusted has no permission bits to look at here: access is controlled by
// lists that the directory inherits from the user's profile.
func trusted(fs.FileInfo) bool { return true }
