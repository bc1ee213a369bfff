package render

import (
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Font sizes in points.
const (
	titleSize  = 16.0
	labelSize  = 11.0
	detailSize = 9.0
	boxPadding = 9.0
)

// builtin parses the font that is part of gust, once.
var builtin = sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(goregular.TTF) })

// textWidth is how wide a text is in the built-in font. Characters that the
// font lacks count as one em if they are ideographs or the like, else 0.6:
// what font shows them differs between machines, and the layout must not.
func textWidth(s string, size float64) float64 {
	f, err := builtin()
	if err != nil {
		return 0.6 * size * float64(len([]rune(s)))
	}
	var buf sfnt.Buffer
	width := 0.0
	for _, r := range s {
		width += runeWidth(f, &buf, r) * size
	}
	return width
}

// runeWidth is the advance of a character in ems.
func runeWidth(f *sfnt.Font, buf *sfnt.Buffer, r rune) float64 {
	const em = 1000
	if i, err := f.GlyphIndex(buf, r); err == nil && i != 0 {
		if advance, err := f.GlyphAdvance(buf, i, fixed.I(em), font.HintingNone); err == nil {
			return float64(advance) / 64 / em
		}
	}
	if wide(r) {
		return 1
	}
	return 0.6
}

// wide reports whether a character takes the place of two in a terminal, as
// Unicode's East Asian Width has it for its main blocks, or is an emoji.
func wide(r rune) bool {
	return r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 ||
		r >= 0x1f300 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd
}

// boxSize is how large a box with these lines is.
func boxSize(label, detail string) (w, h float64) {
	w = max(textWidth(label, labelSize), textWidth(detail, detailSize)) + 2*boxPadding
	if detail == "" {
		return max(w, 40), 22
	}
	return max(w, 40), 33
}
