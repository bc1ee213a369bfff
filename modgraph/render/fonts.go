package render

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font/sfnt"
)

// Limits of the search for fonts: a folder can hold anything.
const (
	maxFontFiles = 500
	maxFontSize  = 64 << 20
)

// SystemFonts lists the folders where operating systems keep fonts; home is
// the user's home directory, or empty.
func SystemFonts(home string) []string {
	dirs := []string{"/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", `C:\Windows\Fonts`}
	if home != "" {
		dirs = append(dirs, filepath.Join(home, ".local", "share", "fonts"), filepath.Join(home, "Library", "Fonts"))
	}
	return dirs
}

// fonts finds a font for each character: the built-in one, else the first of
// the machine's that has it.
type fonts struct {
	builtin *sfnt.Font
	dirs    []string
	files   []string // not yet opened
	listed  bool
	others  []*sfnt.Font
	byRune  map[rune]*sfnt.Font
	buf     sfnt.Buffer
	missing bool
}

func newFonts(dirs []string) (*fonts, error) {
	f, err := builtin()
	if err != nil {
		return nil, err
	}
	return &fonts{builtin: f, dirs: dirs, byRune: make(map[rune]*sfnt.Font)}, nil
}

// find returns the font for a character, nil if no font has it.
func (f *fonts) find(r rune) *sfnt.Font {
	if found, ok := f.byRune[r]; ok {
		return found
	}
	found := f.search(r)
	f.byRune[r] = found
	f.missing = f.missing || found == nil
	return found
}

func (f *fonts) search(r rune) *sfnt.Font {
	if f.has(f.builtin, r) {
		return f.builtin
	}
	for _, other := range f.others {
		if f.has(other, r) {
			return other
		}
	}
	if !f.listed {
		f.files, f.listed = fontFiles(f.dirs), true
	}
	for len(f.files) > 0 {
		file := f.files[0]
		f.files = f.files[1:]
		opened := openFont(file)
		if opened == nil {
			continue
		}
		f.others = append(f.others, opened)
		if f.has(opened, r) {
			return opened
		}
	}
	return nil
}

func (f *fonts) has(font *sfnt.Font, r rune) bool {
	i, err := font.GlyphIndex(&f.buf, r)
	return err == nil && i != 0
}

// fontFiles lists font files, those first whose names promise many
// characters.
func fontFiles(dirs []string) []string {
	var files []string
	for _, dir := range dirs {
		// A folder that cannot be read has no fonts for us.
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || len(files) >= maxFontFiles {
				return fs.SkipDir
			}
			switch strings.ToLower(filepath.Ext(path)) {
			case ".ttf", ".otf", ".ttc":
				if d.Type().IsRegular() {
					files = append(files, path)
				}
			}
			return nil
		})
	}
	rank := func(path string) int {
		name := strings.ToLower(filepath.Base(path))
		for i, part := range []string{"cjk", "wqy", "droidsansfallback", "pingfang", "msyh", "unicode", "unifont", "noto", "dejavu"} {
			if strings.Contains(name, part) {
				return i
			}
		}
		return 99
	}
	slices.SortStableFunc(files, func(a, b string) int {
		if rank(a) != rank(b) {
			return rank(a) - rank(b)
		}
		return strings.Compare(a, b)
	})
	return files
}

// openFont opens the first font of a file, nil if it is none that we can
// read.
func openFont(path string) *sfnt.Font {
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxFontSize {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	c, err := sfnt.ParseCollection(data)
	if err != nil || c.NumFonts() == 0 {
		return nil
	}
	font, err := c.Font(0)
	if err != nil {
		return nil
	}
	return font
}
