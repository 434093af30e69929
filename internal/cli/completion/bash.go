package completion

import (
	"io"

	"github.com/spf13/cobra"
)

// bash writes the script for bash. It uses three functions of the bash-completion
// package, which many systems do not have: the script then brings its own.
func bash(root *cobra.Command, w io.Writer) error {
	if _, err := io.WriteString(w, withoutPackage); err != nil {
		return err
	}
	return root.GenBashCompletionV2(w, true)
}

const withoutPackage = `# What this script needs of the bash-completion package, where that is missing.
if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    _get_comp_words_by_ref() {
        words=("${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        # A word that was divided at = or : is one word again.
        local i
        for ((i = 1; i < ${#words[@]}; )); do
            if [[ $i -gt 1 && ( ${words[i]} == [=:] || ${words[i-1]} == *[=:] ) ]]; then
                words[i-1]+=${words[i]}
                words=("${words[@]:0:i}" "${words[@]:i+1}")
                if [[ $cword -ge $i ]]; then cword=$((cword - 1)); fi
            else
                i=$((i + 1))
            fi
        done
        cur=${words[cword]}
        prev=${words[cword-1]}
    }
fi
if ! declare -F __ltrim_colon_completions >/dev/null 2>&1; then
    __ltrim_colon_completions() {
        if [[ $1 == *:* && $COMP_WORDBREAKS == *:* ]]; then
            local prefix=${1%"${1##*:}"} i
            for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$prefix"}; done
        fi
    }
fi
if ! declare -F _filedir >/dev/null 2>&1; then
    _filedir() {
        local IFS=$'\n'
        if [[ $1 == -d ]]; then COMPREPLY+=($(compgen -d -- "$cur")); else COMPREPLY+=($(compgen -f -- "$cur")); fi
    }
fi

`
