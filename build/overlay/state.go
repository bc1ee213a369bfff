package overlay

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// stateName must not end in -a or -d: cmd/go trims such names.
	stateName  = "gust-overlay.state"
	stateMagic = "gustovl1"

	dirStateSize = 8 + 1 + 32 + 8
	stateSize    = len(stateMagic) + sha256.Size + 8 + 256*dirStateSize + crc32.Size

	// racySlack is how much older than a sync a directory's last change must
	// be for its mtime to prove anything: the coarsest clock of a file system
	// that cmd/go runs on (FAT) ticks every two seconds.
	racySlack = 2 * time.Second
	// missing is the mtime of a directory that is not there.
	missing = math.MinInt64
	// unsettledTrim equals no trim time: the next sync compares everything.
	unsettledTrim = -1
)

// state is what one sync leaves to the next.
type state struct {
	user [sha256.Size]byte // of the path of the user's cache
	trim int64             // of the overlay's trim.txt
	dirs [256]dirState
}

// dirState describes one sub-directory of the user's cache.
type dirState struct {
	mtime   int64 // UnixNano, or missing
	settled bool  // all is in the overlay, and mtime shows later changes
	witness witness
}

// A witness is the newest action entry of a directory; its time is 0 if there
// is none. It tells a cleaned cache from a trimmed one.
type witness struct {
	id   [32]byte
	time int64 // UnixNano, as the entry says
}

// newState starts the state of a sync that began at start.
func newState(user string, trim int64, start time.Time) *state {
	// cmd/go writes trim.txt before it trims, so a trim that has just begun
	// may remove entries behind our back.
	if age := start.Unix() - trim; age >= 0 && age < 60 {
		trim = unsettledTrim
	}
	return &state{user: sha256.Sum256([]byte(user)), trim: trim}
}

// current reports whether nothing has changed since the state was recorded.
func (st *state) current(mtimes [256]int64, trim int64) bool {
	if st == nil || st.trim != trim {
		return false
	}
	for i, d := range st.dirs {
		if !d.current(mtimes[i]) {
			return false
		}
	}
	return true
}

func (d dirState) current(mtime int64) bool {
	return d.settled && d.mtime == mtime
}

// racy reports whether a directory may change once more without its mtime
// changing, seen from a sync that began at start.
func racy(mtime int64, start time.Time) bool {
	return mtime >= start.Add(-racySlack).UnixNano()
}

// statDirs returns the mtimes of the user's sub-directories. A symbolic link
// counts as missing.
func (s *syncer) statDirs() (mtimes [256]int64) {
	for i := range mtimes {
		mtimes[i] = missing
		info, err := os.Lstat(s.user + string(filepath.Separator) + subName(i))
		if err == nil && info.IsDir() {
			mtimes[i] = info.ModTime().UnixNano()
		}
	}
	return mtimes
}

// trimTime returns when the overlay was last trimmed, 0 if that is not known.
func (s *syncer) trimTime() int64 {
	data, err := os.ReadFile(filepath.Join(s.dir, "trim.txt"))
	if err != nil {
		return 0
	}
	t, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return 0
	}
	return t
}

func (s *syncer) statePath() string {
	return filepath.Join(s.dir, subName(0), stateName)
}

// loadState returns nil if there is no valid state of this pair of caches.
func (s *syncer) loadState() *state {
	data, err := os.ReadFile(s.statePath())
	if err != nil {
		return nil
	}
	st := decodeState(data)
	if st == nil || st.user != sha256.Sum256([]byte(s.user)) {
		return nil
	}
	return st
}

func (s *syncer) saveState(st *state) error {
	if err := os.MkdirAll(filepath.Dir(s.statePath()), 0o777); err != nil {
		return err
	}
	return s.replaceFile(s.statePath(), st.encode(), time.Time{})
}

func (st *state) encode() []byte {
	b := make([]byte, 0, stateSize)
	b = append(b, stateMagic...)
	b = append(b, st.user[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(st.trim))
	for _, d := range st.dirs {
		settled := byte(0)
		if d.settled {
			settled = 1
		}
		b = binary.LittleEndian.AppendUint64(b, uint64(d.mtime))
		b = append(b, settled)
		b = append(b, d.witness.id[:]...)
		b = binary.LittleEndian.AppendUint64(b, uint64(d.witness.time))
	}
	// Renaming alone does not protect the content from a power cut.
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// decodeState returns nil if data is not a state.
func decodeState(data []byte) *state {
	if len(data) != stateSize || !bytes.HasPrefix(data, []byte(stateMagic)) {
		return nil
	}
	body, sum := data[:stateSize-crc32.Size], data[stateSize-crc32.Size:]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(sum) {
		return nil
	}
	st := new(state)
	body = body[len(stateMagic):]
	body = body[copy(st.user[:], body):]
	st.trim = int64(binary.LittleEndian.Uint64(body))
	body = body[8:]
	for i := range st.dirs {
		d := &st.dirs[i]
		d.mtime = int64(binary.LittleEndian.Uint64(body))
		d.settled = body[8] != 0
		copy(d.witness.id[:], body[9:])
		d.witness.time = int64(binary.LittleEndian.Uint64(body[41:]))
		body = body[dirStateSize:]
	}
	return st
}
