package remote

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// Within is the address that a project names, if it is on the server and below the
// path that the user has allowed. What is secret or says how to reach the server
// comes from the user alone. The error repeats the project's only.
func Within(allowed, project string) (string, error) {
	a, err := url.Parse(allowed)
	if err != nil || a.Host == "" || a.Fragment != "" {
		return "", errors.New("what follows project: must look like https://host/path")
	}
	p, err := url.Parse(project)
	if err != nil || p.Host == "" || p.RawQuery != "" || p.Fragment != "" || p.User != nil || p.Opaque != "" {
		return "", fmt.Errorf("remote-cache.address %q must look like https://host/path, without user and query", project)
	}
	root := strings.TrimSuffix(path.Join("/", a.Path), "/")
	below := path.Join("/", p.Path)
	if p.Scheme != a.Scheme || p.Host != a.Host || below != root && !strings.HasPrefix(below, root+"/") {
		return "", fmt.Errorf("remote-cache.address %q is not below %s", project, a.Redacted())
	}
	result := *a
	result.Path, result.RawPath = below, ""
	return result.String(), nil
}
