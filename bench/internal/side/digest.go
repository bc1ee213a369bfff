package side

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/gust-go/gust/internal/buildid"
)

// Digest identifies the program that the side built last, build IDs blanked:
// they differ between sides by design, as they name the builder's inputs.
func (s *Side) Digest() (string, error) {
	data, err := buildid.Blank(s.Binary())
	if err != nil {
		return "", fmt.Errorf("digest the program of side %q: %w", s.Title, err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
