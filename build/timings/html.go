package timings

import (
	"crypto/sha256"
	_ "embed" // for the files of the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
)

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS string

// The script is one, in parts that are read one after another.
//
//go:embed page/model.js
var modelJS string

//go:embed page/chart.js
var chartJS string

//go:embed page/tables.js
var tablesJS string

//go:embed page/main.js
var mainJS string

// pageStretches is how many columns the chart of the load has.
const pageStretches = 600

// pageData is what the page's script draws. Times are nanoseconds.
type pageData struct {
	Title    string         `json:"title"`
	Host     string         `json:"host"`
	Began    string         `json:"began"`
	ExitCode int            `json:"exit_code"`
	Wall     int64          `json:"wall"`
	Load     int64          `json:"load"`
	CPU      int64          `json:"cpu"`
	Parallel int            `json:"parallel"`
	Counts   map[string]int `json:"counts"`
	Length   int64          `json:"critical"`
	Path     []pathStep     `json:"path"`
	Units    []*unit        `json:"units"`
	Busy     [][3]float64   `json:"busy"` // running, waiting, processors
}

// A pathStep is one of the critical path.
type pathStep struct {
	Name  string `json:"n"`
	Phase string `json:"p"`
	Start int64  `json:"b"`
	Done  int64  `json:"e"`
}

// HTML writes the report as one page that needs nothing else: no network, no
// fonts, no other file. Names in it are data and nothing but: they are written
// as JSON in which <, > and & are escaped, the script puts them on the page as
// text, and the page's policy lets no other script run.
func (r *Report) HTML(w io.Writer) error {
	script := modelJS + chartJS + tablesJS + mainJS
	data, err := json.Marshal(r.page()) // escapes <, > and &
	if err != nil {
		return fmt.Errorf("encode timings: %w", err)
	}
	_, err = strings.NewReplacer(
		"{{title}}", html.EscapeString(strings.ToValidUTF8(r.Title, "\uFFFD")),
		"{{css}}", pageCSS, "{{js}}", script,
		"{{csshash}}", hash(pageCSS), "{{jshash}}", hash(script),
		"{{data}}", string(data),
	).WriteString(w, pageHTML)
	return err
}

// hash is the form in which a content security policy names a script.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (r *Report) page() pageData {
	p := pageData{
		Title: r.Title, Host: r.Host, Began: r.Began.Format("2006-01-02 15:04:05"), ExitCode: r.ExitCode,
		Wall: r.Total.WallNS, Load: r.Total.LoadNS, CPU: r.Total.CPUNS, Parallel: r.Total.Parallel,
		Counts: r.Counts(), Length: r.Total.CriticalNS, Units: r.units(),
	}
	place := make(map[int]int, len(r.Steps))
	for i := range r.Steps {
		place[r.Steps[i].ID] = i
	}
	for _, id := range r.Total.Critical {
		s := &r.Steps[place[id]]
		p.Path = append(p.Path, pathStep{Name: s.Package, Phase: s.Phase, Start: s.StartNS, Done: s.DoneNS})
	}
	for _, l := range r.Load(pageStretches) {
		p.Busy = append(p.Busy, [3]float64{round(l.Running), round(l.Waiting), round(l.CPU)})
	}
	return p
}
