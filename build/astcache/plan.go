package astcache

import (
	"errors"
	"os"
	"path/filepath"
)

// planSuffix is for the file beside a snapshot with the steps of the build.
const planSuffix = ".plan"

var errPlan = errors.New("not the plan that belongs to the snapshot")

// SavePlan keeps what was written down of the steps of the build that s
// describes. The content is the caller's business; s, which is to be saved
// next, will know it from another build's.
func (s *Snapshot) SavePlan(file string, plan []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	s.Plan = sumOf(plan)
	return replace(file+planSuffix, plan)
}

// LoadPlan reads it.
func (s *Snapshot) LoadPlan(file string) ([]byte, error) {
	if s.Plan == (Sum{}) {
		return nil, errPlan
	}
	plan, err := os.ReadFile(file + planSuffix)
	if err != nil {
		return nil, err
	}
	if sumOf(plan) != s.Plan {
		return nil, errPlan
	}
	return plan, nil
}

// Compiled lists the Go files in a directory that the build compiles and of
// which no more than their code counts.
func (s *Snapshot) Compiled(dir string) []string {
	var files []string
	for i := range s.Dirs {
		if s.Dirs[i].Path != dir {
			continue
		}
		for _, f := range s.Dirs[i].Files {
			if f.Mode == Code {
				files = append(files, filepath.Join(dir, f.Name))
			}
		}
	}
	return files
}
