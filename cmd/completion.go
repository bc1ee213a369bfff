package cmd

import (
	"github.com/spf13/cobra"
)

// bashWords lets the script that cobra writes do without the package
// bash-completion: bash cuts words at equals signs and colons, and those are put
// together again here.
const bashWords = `
__gust_init_completion()
{
    COMPREPLY=()
    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
        _get_comp_words_by_ref "$@" cur prev words cword
        return
    fi
    local i n=0 word before='' rest=$COMP_LINE
    words=()
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        if ((n > 0)) && [[ $rest != [[:space:]]* && ( $word == [=:]* || $before == *[=:] ) ]]; then
            words[n - 1]+=$word
        else
            words[n]=$word
            n=$((n + 1))
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$word"}
        before=$word
        if ((i == COMP_CWORD)); then
            cword=$((n - 1))
        fi
    done
    cur=${words[cword]}
    prev=''
    if ((cword > 0)); then
        prev=${words[cword - 1]}
    fi
}
`

// addCompletionCmd adds cobra's completion command, with a script for bash that
// needs nothing but bash.
func (a *app) addCompletionCmd(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	walkCommands(root, func(c *cobra.Command) {
		switch c.CommandPath() {
		case "gust completion":
			c.Short = "print a shell's completion script"
		case "gust completion bash":
			c.Long = `Prints the completion script for bash.

  source <(gust completion bash)                  in this shell, or in ~/.bashrc
  complete -o default -F __start_gust go          for go, if it is an alias of gust

For everybody, write it to /etc/bash_completion.d/gust.`
			c.RunE = func(c *cobra.Command, _ []string) error {
				noDesc, err := c.Flags().GetBool("no-descriptions")
				if err == nil {
					err = root.GenBashCompletionV2(a.term.Out, !noDesc)
				}
				if err != nil {
					return err
				}
				return a.print("%s", bashWords)
			}
		}
	})
}
