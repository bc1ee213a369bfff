package remote

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/gust-go/gust/build/gocache"
)

// A Key says whose entries are believed. A content names itself by its hash, but
// that an action made it is only somebody's word: whoever can write to a server
// could otherwise have any program come out of a build.
type Key struct {
	private ed25519.PrivateKey // nil for one that only checks
	public  ed25519.PublicKey
	none    bool
}

// ErrKey means that a key cannot be read.
var ErrKey = errors.New("not a key")

// Any believes everybody who can write to the server.
const Any = "anyone"

// NewKey makes a key to sign with, and the one to check with.
func NewKey() (sign, check string, err error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("make a key: %w", err)
	}
	return "sign:" + base64.StdEncoding.EncodeToString(private.Seed()), "check:" + base64.StdEncoding.EncodeToString(public), nil
}

// ParseKey reads what NewKey has made, or [Any]. The error does not repeat it.
func ParseKey(text string) (Key, error) {
	if text == Any {
		return Key{none: true}, nil
	}
	kind, value, _ := strings.Cut(text, ":")
	b, err := base64.StdEncoding.DecodeString(value)
	switch {
	case err == nil && kind == "sign" && len(b) == ed25519.SeedSize:
		private := ed25519.NewKeyFromSeed(b)
		return Key{private: private, public: private.Public().(ed25519.PublicKey)}, nil
	case err == nil && kind == "check" && len(b) == ed25519.PublicKeySize:
		return Key{public: b}, nil
	}
	return Key{}, ErrKey
}

// CanSign reports whether entries can be made with it.
func (k Key) CanSign() bool { return k.none || k.private != nil }

// statement is what a signature is about.
func statement(action gocache.ID, e gocache.Entry) []byte {
	return fmt.Appendf(nil, "gust go action v1\n%x %x %d\n", action, e.Output, e.Size)
}

// encode writes an entry.
func (k Key) encode(action gocache.ID, e gocache.Entry) []byte {
	signature := ""
	if k.private != nil {
		signature = base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, statement(action, e)))
	}
	return fmt.Appendf(nil, "gust1 %x %d %s\n", e.Output, e.Size, signature)
}

var (
	errEntry     = errors.New("not an entry of gust's")
	errSignature = errors.New("an entry is not signed with the key in GUST_REMOTE_CACHE_KEY")
)

// decode reads an entry.
func (k Key) decode(action gocache.ID, data []byte) (e gocache.Entry, err error) {
	var out []byte
	signature := ""
	fields := strings.Fields(string(data))
	if len(fields) < 3 || len(fields) > 4 || fields[0] != "gust1" {
		return e, errEntry
	}
	if _, err := fmt.Sscanf(fields[1]+" "+fields[2], "%x %d", &out, &e.Size); err != nil || len(out) != len(e.Output) || e.Size < 0 {
		return e, errEntry
	}
	e.Output = gocache.ID(out)
	if k.none {
		return e, nil
	}
	if len(fields) == 4 {
		signature = fields[3]
	}
	b, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || !ed25519.Verify(k.public, statement(action, e), b) {
		return e, errSignature
	}
	return e, nil
}
