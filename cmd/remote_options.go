package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/google/shlex"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/build/remote"
	"github.com/gust-go/gust/internal/config"
)

// remoteAddress is the server that the environment names, "" for none, and to what
// the project limits what is done with it. A checkout names a server only where the
// environment has said which ones it may.
func (a *app) remoteAddress() (address string, limit config.RemoteCache, err error) {
	address = lookup(a.env.process, "GUST_REMOTE_CACHE")
	if address == "" {
		return "", limit, nil
	}
	allowed, byProject := strings.CutPrefix(address, "project:")
	conf := &config.File{}
	if wd, err := os.Getwd(); err == nil {
		if root := moduleRoot(wd); root != "" {
			if conf, err = config.Load(root); err != nil {
				return "", limit, err
			}
		}
	}
	if limit = conf.RemoteCache; !byProject {
		return address, limit, nil
	}
	if limit.Address == "" {
		return "", limit, nil
	}
	address, err = remote.Within(allowed, limit.Address)
	return address, limit, err
}

// remoteLinks says which programs are shared. The project can only ask for less.
func remoteLinks(value, limit string) (build.Links, error) {
	links := build.Links(value)
	switch {
	case value == "programs":
		links = build.LinksPrograms
	case links != build.LinksPrograms && links != build.LinksAll && links != build.LinksOff:
		return "", fmt.Errorf("GUST_REMOTE_CACHE_LINKS: %q is none of programs, all, off", value)
	}
	switch {
	case limit == "off":
		return build.LinksOff, nil
	case limit == "programs" && links == build.LinksAll:
		return build.LinksPrograms, nil
	}
	return links, nil
}

// remoteOptions adds what the kinds of server need, all of it of the process's own
// environment.
func (a *app) remoteOptions(o *remote.Options) (err error) {
	get := func(name string) string { return lookup(a.env.process, name) }
	first := func(names ...string) string {
		for _, name := range names {
			if value := get(name); value != "" {
				return value
			}
		}
		return ""
	}
	o.Now = a.clock.Now
	o.S3 = remote.S3{
		Endpoint: first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"), Region: first("AWS_REGION", "AWS_DEFAULT_REGION"),
		AccessKey: get("AWS_ACCESS_KEY_ID"), SecretKey: get("AWS_SECRET_ACCESS_KEY"), SessionToken: get("AWS_SESSION_TOKEN"),
	}
	if o.Header, err = headers(get("GUST_REMOTE_CACHE_HEADER")); err != nil {
		return err
	}
	o.TLS, err = remote.TLS(get("GUST_REMOTE_CACHE_TLS_CA"), get("GUST_REMOTE_CACHE_TLS_CERT"), get("GUST_REMOTE_CACHE_TLS_KEY"))
	if err != nil {
		return fmt.Errorf("GUST_REMOTE_CACHE_TLS_…: %w", err)
	}
	if command := get("GUST_REMOTE_CACHE_HELPER"); command != "" {
		words, err := shlex.Split(command)
		if err != nil || len(words) == 0 {
			return errors.New("GUST_REMOTE_CACHE_HELPER is no command")
		}
		o.Helper = a.credentialHelper(words)
	}
	return nil
}

// headers reads lines of "Name: value". The error does not repeat them.
func headers(text string) (http.Header, error) {
	all := http.Header{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if name = strings.TrimSpace(name); !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, errors.New("GUST_REMOTE_CACHE_HEADER must look like Name: value")
		}
		all.Add(name, strings.TrimSpace(value))
	}
	return all, nil
}

// credentialHelper returns a function that runs a program which keeps credentials:
// with the argument get and the address on its input, or for S3 as it is, as AWS'
// credential_process wants. What it says on its standard error may be secret.
func (a *app) credentialHelper(words []string) func(context.Context, string) (remote.Credentials, error) {
	return func(ctx context.Context, uri string) (remote.Credentials, error) {
		args := words[1:]
		if !strings.HasPrefix(uri, "s3:") {
			args = append(args[:len(args):len(args)], "get")
		}
		c := exec.CommandContext(ctx, words[0], args...)
		c.Env = a.env.process
		c.Stdin = strings.NewReader(fmt.Sprintf(`{"uri": %q}`+"\n", uri))
		var out bytes.Buffer
		c.Stdout = &out
		if err := c.Run(); err != nil {
			return remote.Credentials{}, fmt.Errorf("run %q: %w", words[0], err)
		}
		return remote.ParseCredentials(out.Bytes())
	}
}
