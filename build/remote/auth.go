package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Credentials are what a program has given that keeps them: headers, or keys of S3.
type Credentials struct {
	Header                             http.Header
	AccessKey, SecretKey, SessionToken string
	Expires                            time.Time
}

// ParseCredentials reads the output of a credential helper: that of Bazel's
// (https://github.com/EngFlow/credential-helper-spec), or of what AWS calls a
// credential_process. The error does not repeat it.
func ParseCredentials(output []byte) (c Credentials, err error) {
	var said struct {
		Headers                                    map[string][]string
		Expires                                    time.Time
		AccessKeyId, SecretAccessKey, SessionToken string
		Expiration                                 time.Time
	}
	if json.Unmarshal(output, &said) != nil {
		return c, errors.New("the output of the credential helper is not JSON with headers or an access key")
	}
	c = Credentials{Header: http.Header{}, Expires: said.Expires,
		AccessKey: said.AccessKeyId, SecretKey: said.SecretAccessKey, SessionToken: said.SessionToken}
	for name, values := range said.Headers {
		for _, value := range values {
			c.Header.Add(name, value)
		}
	}
	if c.AccessKey != "" {
		c.Expires = said.Expiration
	}
	return c, nil
}

// auth has what a server wants to know of its client.
type auth struct {
	o    Options
	user *url.Userinfo
	uri  string // as helpers get it

	mu    sync.Mutex
	asked bool
	given Credentials
	err   error
}

func newAuth(u *url.URL, o Options) *auth {
	uri := *u
	uri.User = nil
	return &auth{o: o, user: u.User, uri: uri.String()}
}

// helped returns what the credential helper has given, which is asked again for
// what expires. Who has failed once is not asked again.
func (a *auth) helped(ctx context.Context) (Credentials, error) {
	if a.o.Helper == nil {
		return Credentials{}, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	soon := a.o.Now().Add(time.Minute)
	if !a.asked || a.err == nil && !a.given.Expires.IsZero() && a.given.Expires.Before(soon) {
		a.asked = true
		if a.given, a.err = a.o.Helper(ctx, a.uri); a.err != nil {
			a.err = fmt.Errorf("the credential helper has none: %w", a.err)
		}
		a.o.secrets.add(a.given)
	}
	return a.given, a.err
}

// header returns headers for a request.
func (a *auth) header(ctx context.Context) (http.Header, error) {
	req := http.Request{Header: http.Header{}}
	if a.user != nil {
		password, _ := a.user.Password()
		req.SetBasicAuth(a.user.Username(), password)
	}
	if a.o.Token != "" {
		req.Header.Set("Authorization", "Bearer "+a.o.Token)
	}
	given, err := a.helped(ctx)
	if err != nil {
		return nil, err
	}
	for _, more := range []http.Header{a.o.Header, given.Header} {
		for name, values := range more {
			req.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	return req.Header, nil
}
