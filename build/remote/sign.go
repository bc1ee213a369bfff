package remote

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

func hashOf(data []byte) gocache.ID { return sha256.Sum256(data) }

// sign adds the headers that say whose request it is: AWS' Signature Version 4
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html),
// for a request without a query and all headers it has. The path is escaped as escapePath does.
func sign(req *http.Request, keys Credentials, region, bodyHash string, now time.Time) {
	now = now.UTC()
	stamp, day := now.Format("20060102T150405Z"), now.Format("20060102")
	req.Header.Set("X-Amz-Date", stamp)
	req.Header.Set("X-Amz-Content-Sha256", bodyHash)
	if keys.SessionToken != "" {
		req.Header.Set("X-Amz-Security-Token", keys.SessionToken)
	}
	names, headers := []string{"host"}, ""
	for name := range req.Header {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	for _, name := range names {
		value := req.URL.Host
		if name != "host" {
			value = req.Header.Get(name)
		}
		headers += name + ":" + value + "\n"
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{req.Method, req.URL.EscapedPath(), "", headers, signed, bodyHash}, "\n")
	scope := day + "/" + region + "/s3/aws4_request"
	text := fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", stamp, scope, hashOf([]byte(canonical)))
	key := []byte("AWS4" + keys.SecretKey)
	for _, part := range []string{day, region, "s3", "aws4_request", text} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	req.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s",
		keys.AccessKey, scope, signed, hex.EncodeToString(key)))
}

// escapePath escapes all that S3 wants escaped, which is more than net/url would.
func escapePath(path string) string {
	var out strings.Builder
	for _, c := range []byte(path) {
		switch {
		case c == '/', c == '-', c == '.', c == '_', c == '~', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
