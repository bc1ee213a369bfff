// Package fact holds what is known about a host and about a Go program: the
// vocabulary between those who find out (host, probe, binary, kconfig) and
// those who judge (rule).
//
// Everything here may be unknown, and unknown is a value of its own: a nil
// config, a probe that was not run, a sysctl that could not be read. Nothing
// turns unknown into no. A [Host] is plain data and survives a round trip
// through JSON, which is what `gust kernel snapshot` writes.
package fact
