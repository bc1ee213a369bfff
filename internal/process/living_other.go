//go:build unix && !linux

package process

func onlyZombies(int) bool { return false }
