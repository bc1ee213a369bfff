package process

import "syscall"

// dieWithParent covers the one end that no handler sees, SIGKILL.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
