// Package kconfig reads kernel configurations and compares two of them.
//
// It takes what kernels and distributions leave behind: /proc/config.gz,
// /boot/config-R, a .config. A file that is none is an error and never an empty
// configuration, since a missing option means that it is off.
package kconfig
