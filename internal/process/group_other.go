//go:build !unix

package process

import (
	"os"
	"os/exec"
)

func own(*exec.Cmd) {}

// ask kills at once: there is no signal that a program could act upon.
func ask(p *os.Process) { _ = p.Kill() }

func kill(p *os.Process) { _ = p.Kill() }

func groupLives(*os.Process) bool { return false }
