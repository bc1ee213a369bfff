package remote

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// secrets are what must not be in a message, whoever's words are in it.
type secrets struct {
	mu  sync.Mutex
	all []string // the longest first
}

func newSecrets(u *url.URL, o Options) *secrets {
	s := &secrets{}
	password, _ := u.User.Password()
	basic := ""
	if password != "" {
		basic = base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password)) // as it is sent
	}
	s.add(Credentials{Header: o.Header, AccessKey: o.S3.AccessKey, SecretKey: o.S3.SecretKey, SessionToken: o.S3.SessionToken}, password, basic, o.Token)
	return s
}

func (s *secrets) add(c Credentials, more ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, values := range c.Header {
		for _, value := range values {
			more = append(more, value)
			if _, token, ok := strings.Cut(value, " "); ok { // Bearer TOKEN
				more = append(more, token)
			}
		}
	}
	for _, secret := range append(more, c.AccessKey, c.SecretKey, c.SessionToken) {
		for _, form := range []string{secret, url.PathEscape(secret), url.QueryEscape(secret)} {
			if form != "" && !slices.Contains(s.all, form) {
				s.all = append(s.all, form)
			}
		}
	}
	// One can be part of another, the rest of which would be left.
	slices.SortStableFunc(s.all, func(a, b string) int { return len(b) - len(a) })
}

// longSecret is how long a secret must be to be looked for within words. There is no
// secret in what any word can contain, and hiding it there would only say what it is.
const longSecret = 4

// hidden stands where a secret was.
const hidden = "xxxxx"

// hide replaces what is secret.
func (s *secrets) hide(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range s.all {
		if len(secret) >= longSecret {
			text = strings.ReplaceAll(text, secret, hidden)
		} else {
			text = hideWord(text, secret)
		}
	}
	return text
}

// hideWord replaces a secret where there is neither a letter nor a digit beside it.
func hideWord(text, secret string) string {
	var out strings.Builder
	for from := 0; ; {
		i := strings.Index(text[from:], secret)
		if i < 0 {
			out.WriteString(text[from:])
			return out.String()
		}
		i += from
		end := i + len(secret)
		if i > 0 && wordByte(text[i-1]) || end < len(text) && wordByte(text[end]) {
			out.WriteString(text[from : i+1])
			from = i + 1 // the next may overlap
			continue
		}
		out.WriteString(text[from:i] + hidden)
		from = end
	}
}

func wordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c >= 0x80
}
