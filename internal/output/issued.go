package output

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/visible"
)

// A pair is a name and its value in one of the formats for what was issued.
type pair struct{ name, value string }

// issued returns c in the format env, dotenv, aws or rclone.
func (p Printer) issued(c provider.Credential) (string, error) {
	f := p.Format
	if err := f.CanHold(p.Shape); err != nil {
		return "", err
	}
	switch {
	case !p.Reveal:
		return "", provider.Hint(provider.Usage("the output format %s is a secret, which is not to be shown", f.name), "add --show-secret")
	case c.Secret.IsZero():
		return "", provider.Hint(fmt.Errorf("%s gave no secret for %s, so that there is nothing to write as %s", c.Provider, c.ID, f.name), "use -o json")
	}
	switch f.name {
	case "aws":
		return section(cmp.Or(f.value, "default"), []pair{
			{"aws_access_key_id", c.Key},
			{"aws_secret_access_key", c.Secret.Reveal()},
			{"endpoint_url", c.Endpoint},
			{"region", c.Region},
		})
	case "rclone":
		return section(cmp.Or(f.value, c.Provider), []pair{
			{"type", "s3"},
			{"provider", "Other"},
			{"env_auth", "false"},
			{"access_key_id", c.Key},
			{"secret_access_key", c.Secret.Reveal()},
			{"endpoint", c.Endpoint},
			{"region", c.Region},
		})
	}
	return f.assignments(c, p.Shape)
}

// assignments returns the variables of c for a shell or a dotenv file.
func (f Format) assignments(c provider.Credential, shape provider.Shape) (string, error) {
	pairs := []pair{{cmp.Or(f.nameOption(), shape.Variable()), c.Secret.Reveal()}}
	if shape.IsPair() {
		prefix := "AWS_"
		if f.option == "prefix" {
			prefix = f.value
		}
		pairs = []pair{
			{prefix + "ACCESS_KEY_ID", c.Key},
			{prefix + "SECRET_ACCESS_KEY", c.Secret.Reveal()},
			{prefix + "ENDPOINT_URL", c.Endpoint},
			{prefix + "REGION", c.Region},
		}
	}
	if f.name == "dotenv" {
		return assign("%s=%s\n", pairs, quote.Dotenv)
	}
	return assign("export %s=%s\n", pairs, shell)
}

func (f Format) nameOption() string {
	if f.option == "name" {
		return f.value
	}
	return ""
}

func shell(s string) (string, error) {
	if strings.Contains(s, "\x00") {
		return "", provider.Usage("a shell cannot hold this value: it holds a NUL character")
	}
	return quote.Shell(s), nil
}

func section(name string, pairs []pair) (string, error) {
	if err := quote.Section(name); err != nil {
		return "", err
	}
	text, err := assign("%s = %s\n", pairs, quote.INI)
	return "[" + name + "]\n" + text, err
}

// assign returns those of pairs that have a value, a line each.
func assign(line string, pairs []pair, quoted func(string) (string, error)) (string, error) {
	var b strings.Builder
	for _, p := range pairs {
		if p.value == "" {
			continue
		}
		value, err := quoted(p.value)
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(&b, line, p.name, value)
	}
	return b.String(), nil
}

// safe reports why the secret of c cannot be written exactly: the format would
// change it, or what it holds would act on the terminal.
func (p Printer) safe(c provider.Credential) error {
	if !p.Reveal || p.inRows() && !p.tabular() {
		return nil
	}
	switch secret := c.Secret.Reveal(); {
	case !utf8.ValidString(secret):
		return provider.Hint(provider.Usage("the secret of %s is not UTF-8, which no output format can hold", c.ID), "use --secret-file")
	case p.Terminal && !p.Format.JSON() && visible.Lines(secret) != secret:
		return provider.Hint(provider.Usage("the secret of %s holds control characters, which are not written to a terminal", c.ID), "use -o json, or --secret-file")
	}
	return nil
}
