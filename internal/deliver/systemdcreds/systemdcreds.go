// Package systemdcreds delivers into credentials that systemd decrypts for services.
//
// https://systemd.io/CREDENTIALS/
package systemdcreds

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

const largest = 1 << 20 // bytes of the credentials of a service

// Scheme is systemd-creds:FILE.
func Scheme() deliver.Scheme {
	return entry.Scheme(deliver.Scheme{
		Name: "systemd-creds", Place: "FILE", Title: "encrypted credential of a systemd service", Proof: deliver.ByValue,
		Params: append(entry.Params(false),
			deliver.Param{Name: "name", Value: "NAME", Usage: "name in LoadCredentialEncrypted= (default: that of the file)"}),
	}, parse)
}

// A credential is one file, which is encrypted for this machine and for its name.
type credential struct {
	file entry.Encrypted
	name string
}

func parse(t entry.Target) (deliver.Destination, error) {
	path, err := t.Path(t.Place)
	if err != nil {
		return nil, err
	}
	name, given := t.Params["name"]
	if !given {
		name = filepath.Base(path)
	}
	if name == "" || len(name) > 255 || strings.ContainsAny(name, "/:") || name == "." || name == ".." {
		return nil, provider.Hint(t.Usage("%q is not a valid credential name", name), "use a file name without a slash or a colon")
	}
	content, err := t.Content(false)
	if err != nil {
		return nil, err
	}
	open := func(context.Context) (entry.Store, error) {
		return &credential{entry.Encrypted{Path: path, Program: "systemd-creds", Env: t.Environ()}, name}, nil
	}
	return t.Destination(t.Spec(path, nil), path, content, open), nil
}

func (c *credential) Get(ctx context.Context) (entry.Entry, error) {
	if missing, err := fsafe.Missing(c.file.Path); missing || err != nil {
		return entry.Entry{}, err
	}
	plain, err := c.file.Run(ctx, provider.Secret{}, "decrypt", "--name="+c.name, "--newline=no", c.file.Path, "-")
	if errors.Is(err, provider.ErrUsage) {
		return entry.Entry{}, err
	}
	if err != nil {
		return entry.Entry{}, provider.Hint(provider.WithClass(provider.ErrRefused, err),
			"run credctl as root on the machine that encrypted the file, and check name=; or choose another file")
	}
	return entry.Entry{Exists: true, Values: entry.Values{"": plain}}, nil
}

// Check lets systemd encrypt a text, which needs the key of the machine.
func (c *credential) Check(ctx context.Context, _ entry.Entry, _ []string) error {
	if err := c.file.Check(); err != nil {
		return err
	}
	_, err := c.encrypt(ctx, provider.NewSecret("dry run"))
	return err
}

func (c *credential) Put(ctx context.Context, _ entry.Entry, values entry.Values) error {
	if err := values.Fits(largest, "systemd"); err != nil {
		return err
	}
	encrypted, err := c.encrypt(ctx, values[""])
	if err != nil {
		return err
	}
	return c.file.Replace(encrypted)
}

func (c *credential) encrypt(ctx context.Context, value provider.Secret) (provider.Secret, error) {
	encrypted, err := c.file.Run(ctx, value, "encrypt", "--name="+c.name, "-", "-")
	if err != nil {
		return encrypted, provider.Hint(provider.WithClass(provider.ErrDenied, err), "run credctl as root, who can read the key of the machine")
	}
	return encrypted, nil
}
