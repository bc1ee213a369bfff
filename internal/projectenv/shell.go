package projectenv

import (
	"fmt"
	"strings"
)

// Shells are the names that [Export] knows.
func Shells() []string { return []string{"bash", "zsh", "sh", "fish", "powershell", "pwsh"} }

// Export writes the commands with which a shell puts settings into its
// environment. Whatever a value holds, it stays one value.
func Export(shell string, settings []Setting) (string, error) {
	var line func(name, value string) string
	switch shell {
	case "bash", "zsh", "sh":
		line = func(name, value string) string {
			return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
	case "fish":
		line = func(name, value string) string {
			return "set -gx " + name + " '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
		}
	case "powershell", "pwsh":
		// PowerShell takes typographic quotes for quotes, too.
		quotes := strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛")
		line = func(name, value string) string { return "$env:" + name + " = '" + quotes.Replace(value) + "'" }
	default:
		return "", fmt.Errorf("%q is none of %s", shell, strings.Join(Shells(), ", "))
	}
	var b strings.Builder
	for _, s := range settings {
		b.WriteString(line(s.Name, s.Value) + "\n")
	}
	return b.String(), nil
}

// Watch is the line with which direnv reloads when the file changes.
func Watch(path string) (string, error) {
	line, err := Export("bash", []Setting{{Name: "X", Value: path}})
	return strings.Replace(line, "export X=", "watch_file ", 1), err
}
