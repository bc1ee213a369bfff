package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gust-go/gust/build/remote"
)

// remotecache is the script command of that name.
func remotecache(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: remotecache dir")
	}
	dir := ts.MkAbs(args[0])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file := filepath.Join(dir, filepath.FromSlash(r.URL.Path))
		if r.Method == http.MethodPut {
			if err := store(file, r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
			return
		}
		http.ServeFile(w, r, file)
	}))
	ts.Defer(server.Close)
	sign, check, err := remote.NewKey()
	ts.Check(err)
	ts.Setenv("GUST_REMOTE_CACHE", server.URL)
	ts.Setenv("GUST_REMOTE_CACHE_KEY", sign)
	ts.Setenv("CHECK_KEY", check)
}

func store(file string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "new")
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
