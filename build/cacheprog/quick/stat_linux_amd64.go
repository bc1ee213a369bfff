package quick

import "syscall"

const sysStat = syscall.SYS_NEWFSTATAT
