//go:build !unix

package toolexec

// replace runs the tool and hands its streams and exit code through.
func replace(tool string, args []string) int { return child(tool, args) }

func replaceAs(path string, args []string) int { return child(path, args[1:]) }
