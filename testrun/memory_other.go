//go:build !linux

package testrun

// memoryDir knows no file system in memory here.
func memoryDir() (dir string, remove func(), ok bool) { return "", nil, false }
