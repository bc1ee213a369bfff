package remote

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestWithin: a project may name a server only below what the user has allowed, and
// nothing of how to reach it.
func TestWithin(t *testing.T) {
	for _, test := range []struct{ allowed, project, want string }{
		{"https://h/go", "https://h/go", "https://h/go"},
		{"https://h", "https://h/any/where", "https://h/any/where"},
		{"https://u:p@h/go/", "https://h/go/app", "https://u:p@h/go/app"},
		{"s3://b/x?region=mars", "s3://b/x/y", "s3://b/x/y?region=mars"},
		{"reapi://h:1/i", "reapi://h:1/i", "reapi://h:1/i"},
		{"https://h/go", "https://h/gopher", ""},
		{"https://h/go", "https://h/go/../etc", ""},
		{"https://h/go", "https://h/go/%2e%2e/etc", ""},
		{"https://h/go", "https://h.evil/go", ""},
		{"https://h/go", "https://h@evil/go", ""},
		{"https://h/go", "https://h:2/go", ""},
		{"https://h/go", "http://h/go", ""},
		{"https://h/go", "https://h/go?x", ""},
		{"https://h/go", "https://h/go#x", ""},
		{"https://h/go", "", ""},
		{"s3://b", "s3://b/x?endpoint=https://evil", ""},
		{"", "https://h/go", ""},
		{"https:", "https://h/go", ""},
	} {
		got, err := Within(test.allowed, test.project)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q below %q is %q, %v; want %q", test.project, test.allowed, got, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "u:p") {
			t.Errorf("a password is in %v", err)
		}
	}
}

// TestAddresses: what no client is made of, and that it is not repeated.
func TestAddresses(t *testing.T) {
	sign, _ := keys(t)
	account := S3{AccessKey: "a", SecretKey: "b"}
	for url, want := range map[string]string{
		"https://h/p":                       "",
		"grpc://h:1/i":                      "",
		"reapi://h":                         "",
		"s3://b/p?region=r":                 "",
		"s3://dotted.b/p":                   "",
		"rediss://u:pass-word@h/1":          "",
		"":                                  "must look like",
		"cache":                             "must look like",
		"ftp://u:pass-word@h":               `"ftp" is no kind of server`,
		"https://u:pass-word@h?x":           "has a query",
		"reapi://u:pass-word@h?x":           "has a query",
		"redis://u:pass-word@h?x":           "has a query",
		"redis://u:pass-word@h/x":           "number of a database",
		"s3://u:pass-word@b":                "not part of the address",
		"s3://b?secret=pass-word":           `has "secret"`,
		"s3://b?endpoint=ftp://x":           "endpoint",
		"s3://b?endpoint=u:pass-word@x.com": "endpoint",
	} {
		_, err := New(Options{URL: url, Key: sign, S3: account, Now: time.Now})
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pass-word")) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
	if _, err := New(Options{URL: "s3://b", Key: sign}); err == nil || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("without keys: %v", err)
	}
}

// TestEndpoints: where the objects of a bucket are.
func TestEndpoints(t *testing.T) {
	for _, test := range []struct {
		url, endpoint, want string
	}{
		{"s3://bucket/p?region=eu-1", "", "https://bucket.s3.eu-1.amazonaws.com/p"},
		{"s3://bucket", "", "https://bucket.s3.us-east-1.amazonaws.com/"},
		{"s3://dotted.bucket/p", "", "https://s3.us-east-1.amazonaws.com/dotted.bucket/p"},
		{"s3://bucket/p/", "https://minio:9000", "https://minio:9000/bucket/p"},
		{"s3://bucket?endpoint=http://other/base/", "https://minio:9000", "http://other/base/bucket"},
	} {
		s, err := New(Options{URL: test.url, S3: S3{Endpoint: test.endpoint, AccessKey: "a"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(s.server.(*bucket).base.String(), "/"); got != strings.TrimSuffix(test.want, "/") {
			t.Errorf("%s: %s, want %s", test.url, got, test.want)
		}
	}
}

// TestSign has the examples of AWS' documentation of Signature Version 4 for S3.
func TestSign(t *testing.T) {
	keys := Credentials{AccessKey: "AKIAIOSFODNN7EXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	at := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		method, path, body, want string
		header                   map[string]string
	}{
		{"GET", "/test.txt", "", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", map[string]string{"Range": "bytes=0-9"}},
		{"PUT", "/test$file.text", "Welcome to Amazon S3.", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
			map[string]string{"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}},
	} {
		req, err := http.NewRequest(test.method, "https://examplebucket.s3.amazonaws.com"+escapePath(test.path), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.URL.RawPath = escapePath(test.path)
		for name, value := range test.header {
			req.Header.Set(name, value)
		}
		sign(req, keys, "us-east-1", digest{hash: hashOf([]byte(test.body))}.name(), at)
		if got := req.Header.Get("Authorization"); !strings.HasSuffix(got, ",Signature="+test.want) {
			t.Errorf("%s: %s, want %s", test.method, got, test.want)
		}
	}
}

// TestCredentials: what a helper gives, when it is asked, and that none of it is in a
// message, not even in the words of a server.
func TestCredentials(t *testing.T) {
	for _, bad := range []string{"", "s3cret", `{"headers": "s3cret"}`, `["s3cret"]`} {
		if _, err := ParseCredentials([]byte(bad)); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	now := time.Unix(1e9, 0)
	asked := 0
	o := Options{URL: "https://u:pass-word@h/p", Token: "tok-en", Header: http.Header{"X-Key": {"head-er"}}, Now: func() time.Time { return now }}
	var w warnings
	o.Warn = w.add
	o.Helper = func(context.Context, string) (Credentials, error) {
		asked++
		if asked == 3 {
			return Credentials{}, errors.New("locked")
		}
		return Credentials{Header: http.Header{"authorization": {"Bearer help-er"}}, Expires: now.Add(time.Hour)}, nil
	}
	o.Key, _ = keys(t)
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	a := c.server.(*web).auth
	header, err := a.header(t.Context())
	if err != nil || header.Get("Authorization") != "Bearer help-er" || header.Get("X-Key") != "head-er" {
		t.Errorf("%v, %v", header, err)
	}
	if _, err := a.header(t.Context()); err != nil || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	now = now.Add(time.Hour)
	if _, err := a.header(t.Context()); err != nil || asked != 2 {
		t.Errorf("what has expired is not asked for again: %d, %v", asked, err)
	}
	now = now.Add(time.Hour)
	for range 3 {
		if _, err := a.header(t.Context()); err == nil || asked != 3 {
			t.Errorf("asked %d times, %v", asked, err)
		}
	}
	c.Broken(errors.New("no: pass-word tok-en head-er help-er\nmore"))
	if len(w.all) != 1 || !strings.HasSuffix(w.all[0], ": no: xxxxx xxxxx xxxxx xxxxx") {
		t.Errorf("said %q", w.all)
	}
}
