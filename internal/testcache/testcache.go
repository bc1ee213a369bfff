// Package testcache gives tests warm build caches: each gets one of its own
// that shares the files of one that was filled once. Only tests import it.
package testcache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Link makes the build cache in directory to hold the entries of the one in
// from; what to holds already stays. Entries of data are hard links, since
// cmd/go writes such a file once; those of actions are copies, since it
// overwrites them in place (putIndexEntry in cmd/go/internal/cache/cache.go).
// Whoever changes data in place must copy the cache instead.
func Link(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o777)
		}
		if strings.HasSuffix(path, "-d") {
			// What is there already may be a link to the same file, which
			// others are reading: it must not be written again.
			if err := os.Link(path, target); err == nil || errors.Is(err, fs.ErrExist) {
				return nil
			}
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o666)
	})
}
