//go:build !unix

package share

import (
	"errors"
	"net"
	"os"
)

var errSystem = errors.New("remote caches of gust build need a Unix system; GOCACHEPROG=\"gust cacheprog\" works for go")

func listen(string) (*net.UnixListener, error) { return nil, errSystem }

func receive(*net.UnixConn) (string, []*os.File, error) { return "", nil, errSystem }
