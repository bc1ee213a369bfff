package kernelcheck

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// maxSnapshot bounds a snapshot; real ones have some 300 KB.
const maxSnapshot = 16 << 20

// WriteSnapshot writes the facts about a host.
func WriteSnapshot(w io.Writer, h *fact.Host) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(h)
}

// ReadSnapshot reads what WriteSnapshot wrote.
func ReadSnapshot(file string) (*fact.Host, error) {
	// A named pipe would make the opening wait for who writes to it.
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read snapshot: %q is not a regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSnapshot+1))
	if err != nil {
		return nil, fmt.Errorf("read snapshot %q: %w", file, err)
	}
	if len(data) > maxSnapshot {
		return nil, fmt.Errorf("read snapshot %q: more than %d MB", file, maxSnapshot>>20)
	}
	h := &fact.Host{UID: -1, Seccomp: -1}
	if err := json.Unmarshal(data, h); err != nil {
		return nil, fmt.Errorf("read snapshot %q: %w", file, err)
	}
	if h.V != fact.SnapshotVersion {
		return nil, fmt.Errorf("read snapshot %q: version %d; this gust reads version %d", file, h.V, fact.SnapshotVersion)
	}
	if _, err := fact.ParseRelease(h.Release); h.Release != "" && err != nil {
		return nil, fmt.Errorf("read snapshot %q: %w", file, err)
	}
	h.Name = file
	return h, nil
}
