// Command gust stands in for the go command: it drives the go found on the
// machine and spares it the work that cannot change the result.
package main

import (
	"os"

	"github.com/gust-go/gust/cmd"
	_ "github.com/gust-go/gust/cmd/fastpath" // first: answers gust toolexec
	"github.com/gust-go/gust/cmd/fastpath/stdout"
	"github.com/gust-go/gust/internal/term"
)

// init comes after those of all that is imported.
func init() { stdout.Show() }

func main() {
	os.Exit(cmd.Main(os.Args[1:], term.Std()))
}
