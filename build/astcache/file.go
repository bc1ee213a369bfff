package astcache

import (
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// keep is for how long a snapshot that nobody asks for is kept.
const keep = 5 * 24 * time.Hour

// Key names the snapshot of a target: the parts are everything that a command
// line and an environment have a say in.
func Key(parts ...[]string) string {
	var b []byte
	for _, part := range parts {
		b = appendText(b, "")
		for _, s := range part {
			b = appendText(b, s+"\n")
		}
	}
	sum := sumOf(b)
	return hex.EncodeToString(sum[:])
}

// Load reads a snapshot. One that is damaged, or of another version of gust,
// is as good as none.
func Load(file string) (*Snapshot, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s, err := decode(data)
	if err != nil {
		return nil, err
	}
	// What the last current build said of the outputs is in a file of its own,
	// as it is new each time. A missing one says that there was none.
	if data, err := os.ReadFile(file + touchedSuffix); err == nil {
		s.touched(data)
	}
	return s, nil
}

// IsName reports whether a file in a directory of snapshots has a name that
// [Snapshot.Save], [Snapshot.SavePlan], [Verdict.Save], [MarkFile] or [TurnFile]
// gives.
func IsName(name string) bool {
	key, _ := cutSuffix(name)
	b, err := hex.DecodeString(key)
	return err == nil && len(b) == len(Sum{})
}

// cutSuffix returns the name of the snapshot that a file is beside, if it is beside one.
func cutSuffix(name string) (key string, beside bool) {
	for _, suffix := range []string{touchedSuffix, turnSuffix, planSuffix, markSuffix} {
		if key, ok := strings.CutSuffix(name, suffix); ok {
			return key, true
		}
	}
	return name, false
}

// CheckFile reads one of the files and says what is wrong with it.
func CheckFile(name string, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if _, beside := cutSuffix(name); beside {
		return nil // anything that does not fit is as good as none
	}
	_, err = decode(data)
	return err
}

// touchedSuffix is for the file beside a snapshot with the state of outputs.
const touchedSuffix = ".out"

// turnSuffix is for the files of [Begin].
const turnSuffix = ".turn"

// TurnFile names the file for [Begin] that stands for an output, in a directory
// of snapshots.
func TurnFile(dir, output string) string {
	return filepath.Join(dir, Key([]string{output})+turnSuffix)
}

// markSuffix is for the files of [MarkFile].
const markSuffix = ".mark"

// MarkFile names a file beside a snapshot of which only counts whether it is there.
func MarkFile(file string) string { return file + markSuffix }

// touched takes over what encodeTouched wrote, if it belongs to this snapshot.
func (s *Snapshot) touched(data []byte) {
	d := decoder{s: string(data)}
	if d.take(uint64(len(s.id))) != string(s.id[:]) {
		return
	}
	for i := range s.Outputs {
		s.Outputs[i].Stat = d.word() // 0, which nothing has, if it was cut off
	}
}

func (s *Snapshot) encodeTouched() []byte {
	e := encoder{b: append([]byte(nil), s.id[:]...)}
	for _, o := range s.Outputs {
		e.word(o.Stat)
	}
	return e.b
}

// Save writes a snapshot; other processes see the old one or the new one.
func (s *Snapshot) Save(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return replace(file, s.encode())
}

// Save writes what Check has found to be new in a snapshot that is current.
func (v *Verdict) Save(file string) error {
	if v.dirty {
		return v.snap.Save(file)
	}
	if len(v.snap.Outputs) == 0 {
		return nil
	}
	return replace(file+touchedSuffix, v.snap.encodeTouched())
}

// replace writes a file under another name and renames it.
func replace(file string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), "tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Trim removes what nobody has asked for lately from a directory of snapshots.
func Trim(dir string, now time.Time) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		if old(file, now) && old(file+touchedSuffix, now) {
			_ = os.Remove(file)
		}
	}
}

// old reports whether a file was not written for long, or is not there.
func old(file string, now time.Time) bool {
	info, err := os.Stat(file)
	return err != nil || now.Sub(info.ModTime()) > keep
}
