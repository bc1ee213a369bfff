package quick

import "os"

// Dir is the directory of go's build cache, as far as that is known without asking
// go: what the environment says, or what is go's own choice where nobody has used go
// env -w to have another one. It is empty if go has to be asked. A GOROOT whose go.env
// names another one would go unnoticed; there is none, and it would do no harm.
func Dir() string {
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir
	}
	file := os.Getenv("GOENV")
	if file == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return ""
		}
		file = config + string(os.PathSeparator) + "go" + string(os.PathSeparator) + "env"
	}
	if file != "off" {
		data, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) || names(data, "GOCACHE") {
			return ""
		}
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return dir + string(os.PathSeparator) + "go-build"
}

// names reports whether a name occurs in a text.
func names(text []byte, name string) bool {
	for i := 0; i+len(name) <= len(text); i++ {
		if string(text[i:i+len(name)]) == name {
			return true
		}
	}
	return false
}
