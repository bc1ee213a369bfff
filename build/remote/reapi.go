package remote

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/remote/grpc"
	"github.com/gust-go/gust/build/remote/reapi"
)

// execution is a cache of the Remote Execution API. The entry is the standard
// output of an action with one file, so that the server keeps the two together.
type execution struct{ client *reapi.Client }

// newExecution returns a client of reapi://host:port/instance. Bazel calls it
// grpcs://, and grpc:// if it is in the clear.
func newExecution(u *url.URL, o Options) (server, error) {
	if u.RawQuery != "" {
		return nil, errors.New("the address has a query; what follows the host is the name of the instance")
	}
	config, port := o.TLS.Clone(), "443"
	if u.Scheme == "grpc" {
		config, port = nil, "80"
	} else if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), port)
	}
	conn := grpc.Dial(host, config, newAuth(u, o).header)
	return &execution{reapi.New(conn, strings.Trim(u.Path, "/"))}, nil
}

func remoteDigest(d digest) reapi.Digest { return reapi.Digest{Hash: d.name(), Size: d.size} }

// reading makes errors of reads.
func reading(err error) error {
	if grpc.Is(err, grpc.NotFound) {
		return gocache.ErrMiss
	}
	return err
}

// writing makes errors of writes.
func writing(err error) error {
	if grpc.Is(err, grpc.PermissionDenied) || grpc.Is(err, grpc.Unauthenticated) || errors.Is(err, reapi.ErrNoUpdates) {
		return &deniedError{err.Error()}
	}
	return err
}

func (x *execution) getEntry(ctx context.Context, action digest) (entry, content []byte, err error) {
	r, err := x.client.ActionResult(ctx, remoteDigest(action))
	if err != nil {
		return nil, nil, reading(err)
	}
	if int64(len(r.Contents)) == r.Output.Size {
		content = r.Contents // nil if they are not there
	}
	return r.Stdout, content, nil
}

func (x *execution) getContent(ctx context.Context, d digest) (io.ReadCloser, error) {
	body, err := x.client.Read(ctx, remoteDigest(d))
	return body, reading(err)
}

func (x *execution) putContent(ctx context.Context, d digest, f *os.File) error {
	return writing(x.client.Write(ctx, remoteDigest(d), f))
}

func (x *execution) putEntry(ctx context.Context, action digest, entry []byte, d digest) error {
	return writing(x.client.UpdateActionResult(ctx, remoteDigest(action), reapi.ActionResult{Output: remoteDigest(d), Stdout: entry}))
}
