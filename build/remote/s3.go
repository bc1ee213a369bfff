package remote

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/gust-go/gust/build/gocache"
)

// S3 is what AWS' own programs take from their environment.
type S3 struct {
	Endpoint, Region                   string
	AccessKey, SecretKey, SessionToken string
}

// bucket is one of an object store that speaks S3, with entries below PREFIX/ac
// and contents below PREFIX/cas. Two kinds of request are all that is needed, and
// minio-go takes 2.6 ms to initialise in every command of gust.
type bucket struct {
	o      Options
	auth   *auth
	base   *url.URL
	region string
	client *http.Client
}

// newBucket returns a client of s3://bucket/prefix?region=REGION&endpoint=URL. With
// an endpoint the bucket is the first part of the path, without one it is the host,
// as AWS wants it.
func newBucket(u *url.URL, o Options) (server, error) {
	b := &bucket{o: o, auth: newAuth(u, o), region: o.S3.Region, client: newHTTPClient(o)}
	endpoint := o.S3.Endpoint
	for key, values := range u.Query() {
		switch key {
		case "region":
			b.region = values[0]
		case "endpoint":
			endpoint = values[0]
		default:
			return nil, fmt.Errorf("the address has %q; there are region and endpoint", key)
		}
	}
	if b.region == "" {
		b.region = "us-east-1"
	}
	if u.User != nil {
		return nil, errors.New("keys of S3 are not part of the address; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	if o.S3.AccessKey == "" && o.Helper == nil {
		return nil, errors.New("neither AWS_ACCESS_KEY_ID nor GUST_REMOTE_CACHE_HELPER is set")
	}
	path := []string{strings.Trim(u.Path, "/")}
	switch {
	case endpoint == "" && !strings.Contains(u.Host, "."):
		endpoint = "https://" + u.Host + ".s3." + b.region + ".amazonaws.com"
	case endpoint == "": // no certificate has a star for two labels
		endpoint = "https://s3." + b.region + ".amazonaws.com"
		fallthrough
	default:
		path = []string{u.Host, path[0]}
	}
	base, err := url.Parse(endpoint)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.RawQuery != "" || base.User != nil {
		return nil, errors.New("the endpoint does not look like https://host")
	}
	base.Path, base.RawPath = strings.TrimSuffix(strings.TrimSuffix(base.Path, "/")+"/"+strings.Join(path, "/"), "/"), ""
	b.base = base
	return b, nil
}

// do sends a request with a body whose hash is known.
func (b *bucket) do(ctx context.Context, method, kind string, key digest, body io.Reader, d digest) (*http.Response, error) {
	u := *b.base
	u.Path += "/" + kind + "/" + key.name()
	u.RawPath = escapePath(u.Path)
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	req.URL = &u // String and back may write it in another way
	if req.ContentLength = d.size; d.size == 0 {
		req.Body = http.NoBody
	}
	keys := Credentials{AccessKey: b.o.S3.AccessKey, SecretKey: b.o.S3.SecretKey, SessionToken: b.o.S3.SessionToken}
	if keys.AccessKey == "" {
		if keys, err = b.auth.helped(ctx); err != nil {
			return nil, err
		}
		if keys.AccessKey == "" {
			return nil, errors.New("the credential helper has given no access key")
		}
	}
	sign(req, keys, b.region, d.name(), b.o.Now())
	res, err := b.client.Do(req)
	if err != nil || res.StatusCode/100 == 2 {
		return res, err
	}
	return nil, refusal(method, res)
}

// refusal is the error of an answer.
func refusal(method string, res *http.Response) error {
	var said struct{ Code string }
	text, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	_ = xml.Unmarshal(text, &said)
	status := res.Status
	if said.Code != "" {
		status += " " + said.Code
	}
	switch {
	case method == http.MethodGet && res.StatusCode == http.StatusNotFound && said.Code != "NoSuchBucket":
		return gocache.ErrMiss
	case method != http.MethodGet && (res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusMethodNotAllowed):
		return &deniedError{status}
	}
	return errors.New(status)
}

var nothing = digest{hash: hashOf(nil)}

func (b *bucket) getEntry(ctx context.Context, action digest) (entry, content []byte, err error) {
	res, err := b.do(ctx, http.MethodGet, "ac", action, nil, nothing)
	if err != nil {
		return nil, nil, err
	}
	entry, err = readEntry(res.Body)
	return entry, nil, err
}

func (b *bucket) getContent(ctx context.Context, d digest) (io.ReadCloser, error) {
	res, err := b.do(ctx, http.MethodGet, "cas", d, nil, nothing)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

func (b *bucket) putContent(ctx context.Context, d digest, f *os.File) error {
	return b.put(ctx, "cas", d, f, d)
}

func (b *bucket) putEntry(ctx context.Context, action digest, entry []byte, _ digest) error {
	return b.put(ctx, "ac", action, bytes.NewReader(entry), digest{hashOf(entry), int64(len(entry))})
}

func (b *bucket) put(ctx context.Context, kind string, key digest, body io.Reader, d digest) error {
	res, err := b.do(ctx, http.MethodPut, kind, key, body, d)
	if err == nil {
		drain(res)
	}
	return err
}
