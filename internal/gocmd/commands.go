package gocmd

// Commands returns the names of go's commands, those of all releases that
// gust works with. A test compares them with `go help`.
func Commands() []string {
	return []string{
		"bug", "build", "clean", "doc", "env", "fix", "fmt", "generate", "get", "install", "list",
		"mod", "work", "run", "telemetry", "test", "tool", "version", "vet",
	}
}
