//go:build !unix

package cmd

import "os"

// watchSignals are those that a watch acts upon.
func watchSignals() []os.Signal { return []os.Signal{os.Interrupt} }

func isSuspend(os.Signal) bool { return false }

func stopSelf() {}

// signalNumber is SIGINT's everywhere.
func signalNumber(os.Signal) int { return 2 }
