package remote

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestHide(t *testing.T) {
	u, err := url.Parse("https://me:pass%2Fword@cache.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	s := newSecrets(u, Options{Token: "ak", Header: http.Header{"X-Key": {"Bearer abcd"}}, S3: S3{AccessKey: "abcdef", SecretKey: "a b+c"}})
	for text, want := range map[string]string{
		"it takes too long":              "it takes too long", // a word with a short one in it
		"make a break":                   "make a break",
		"ak":                             "xxxxx",
		"token 'ak' is not one":          "token 'xxxxx' is not one",
		"key=ak&x_ak-ak.":                "key=xxxxx&x_xxxxx-xxxxx.",
		"akak ak":                        "akak xxxxx",
		"no pass/word here":              "no xxxxx here",
		"/pass%2Fword/":                  "/xxxxx/",
		"Basic bWU6cGFzcy93b3Jk":         "Basic xxxxx", // me:pass/word
		"not abcd":                       "not xxxxx",
		"not Bearer abcd":                "not xxxxx",
		"in abcdefgh":                    "in xxxxxgh", // the longer one first
		"a b+c, a%20b+c, a+b%2Bc, a%20b": "xxxxx, xxxxx, xxxxx, a%20b",
	} {
		if got := s.hide(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	s.add(Credentials{SessionToken: "later on"})
	if got := s.hide("now later on"); got != "now xxxxx" {
		t.Errorf("got %q", got)
	}
}

// TestHideCut has a secret where the line is cut off.
func TestHideCut(t *testing.T) {
	c, _ := open(t, Options{URL: "http://127.0.0.1:1", Token: "sixteen-letters!"})
	for n := 180; n < 200; n++ {
		if text := c.clean(errors.New(strings.Repeat(".", n) + "sixteen-letters!")); strings.Contains(text, "si") || len(text) > 200 {
			t.Errorf("got %q", text)
		}
	}
}
