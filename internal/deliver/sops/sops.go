// Package sops delivers into files that SOPS encrypts.
//
// https://getsops.io/docs/
package sops

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// Scheme is sops:FILE#KEY.
func Scheme() deliver.Scheme {
	return entry.Scheme(deliver.Scheme{
		Name: "sops", Place: "FILE#KEY", Title: "value in a file that SOPS encrypts; the key is a dotted path", Proof: deliver.ByValue,
		Params: entry.Params(false),
		Settings: []deliver.Setting{
			{Name: "sops.age_key", Env: []string{"SOPS_AGE_KEY"}, Usage: "age identity, for the sops program", Secret: true},
		},
	}, parse)
}

// A value is one value of a file.
type value struct {
	file entry.Encrypted
	keys []string
}

func parse(t entry.Target) (deliver.Destination, error) {
	at := strings.LastIndexByte(t.Place, '#')
	if at < 0 {
		return nil, provider.Hint(t.Usage("expected FILE#KEY"), "add the key in the file: %s#KEY", t.Given)
	}
	path, err := t.Path(t.Place[:at])
	if err != nil {
		return nil, err
	}
	key := t.Place[at+1:]
	keys := strings.Split(key, ".")
	if slices.Contains(keys, "") {
		return nil, t.Usage("invalid key %q (expected a dotted path)", key)
	}
	if keys[0] == "sops" {
		return nil, t.Usage("the key sops is reserved for SOPS")
	}
	content, err := t.Content(false)
	if err != nil {
		return nil, err
	}
	open := func(context.Context) (entry.Store, error) {
		return &value{file: entry.Encrypted{Path: path, Program: "sops", Env: t.Environ()}, keys: keys}, nil
	}
	return t.Destination(t.Spec(path+"#"+key, nil), path, content, open), nil
}

// Get decrypts the file. Its version is that of the encrypted content.
func (v *value) Get(ctx context.Context) (entry.Entry, error) {
	encrypted, err := os.ReadFile(v.file.Path)
	if missing, unknown := fsafe.Missing(v.file.Path); unknown != nil {
		return entry.Entry{}, provider.WithClass(provider.ErrUnavailable, unknown)
	} else if missing {
		return entry.Entry{}, provider.Hint(provider.WithClass(provider.ErrNotFound, err), "create it with sops edit %s", v.file.Path)
	}
	if err != nil {
		return entry.Entry{}, err
	}
	plain, err := v.file.Run(ctx, provider.Secret{}, "decrypt", "--output-type", "json", v.file.Path)
	if err != nil {
		return entry.Entry{}, advise(err)
	}
	e := entry.Entry{Exists: true, Values: entry.Values{}, Version: version(encrypted)}
	text := plain
	for i, key := range v.keys {
		object, ok := entry.ParseObject(text)
		if !ok {
			return e, provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s is not a map, so it cannot have a key %q", strings.Join(v.keys[:i], "."), key)), "choose another key")
		}
		member, ok := object[key]
		if !ok {
			return e, nil
		}
		text = member.Secret
		if i == len(v.keys)-1 {
			e.Values[""] = object.Values()[key]
		}
	}
	return e, nil
}

func version(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}

// Check demands that the file can be replaced, and lets sops encrypt a text in a copy.
func (v *value) Check(ctx context.Context, _ entry.Entry, _ []string) error {
	if err := v.file.Check(); err != nil {
		return err
	}
	encrypted, err := os.ReadFile(v.file.Path)
	if err == nil {
		_, err = v.edit(ctx, encrypted, provider.NewSecret("dry-run-"+rand.Text()))
	}
	return err
}

// Put lets sops change a copy, and replaces the file with it: sops itself would
// write into the file, which a crash could leave cut off.
func (v *value) Put(ctx context.Context, e entry.Entry, values entry.Values) error {
	encrypted, err := os.ReadFile(v.file.Path)
	if err != nil {
		return err
	}
	if version(encrypted) != e.Version {
		return entry.ErrChanged
	}
	edited, err := v.edit(ctx, encrypted, values[""])
	if err != nil {
		return err
	}
	return v.file.Replace(edited)
}

// edit returns an encrypted file with the value in it. Rules of the file may exempt
// keys from encryption, and it may be readable by everybody: a value that would be in
// clear is refused.
func (v *value) edit(ctx context.Context, encrypted []byte, value provider.Secret) (none provider.Secret, err error) {
	dir, err := os.MkdirTemp("", "credctl-sops-") // 0700
	if err != nil {
		return none, err
	}
	defer os.RemoveAll(dir)
	work := filepath.Join(dir, filepath.Base(v.file.Path))       // its name says the format
	if err := os.WriteFile(work, encrypted, 0o600); err != nil { //nolint:gosec // G703: in a folder made just now
		return none, err
	}
	quoted := entry.ObjectOf(entry.Values{"": value})[""].Secret // sops takes JSON
	if _, err := v.file.Run(ctx, quoted, "set", "--value-stdin", work, v.index()); err != nil {
		return none, advise(err)
	}
	edited, err := os.ReadFile(work) //nolint:gosec // G304: made just now
	if err != nil {
		return none, err
	}
	if entry.InClear(value, encrypted, edited) || entry.InClear(quoted, encrypted, edited) {
		return none, provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("SOPS does not encrypt %s in this file", strings.Join(v.keys, "."))),
			"choose a key that the rules of the file encrypt (encrypted_regex, unencrypted_suffix and others)")
	}
	return provider.NewSecret(string(edited)), nil
}

// index is the key as sops wants it: ["a"]["b"].
func (v *value) index() string {
	var b strings.Builder
	for _, key := range v.keys {
		quoted, _ := json.Marshal(key) // text can always be quoted
		fmt.Fprintf(&b, "[%s]", quoted)
	}
	return b.String()
}

// advise says what an exit status of sops means.
// https://github.com/getsops/sops/blob/main/cmd/sops/codes/codes.go
func advise(err error) error {
	switch entry.Exit(err) {
	case 51, 52:
		return provider.Hint(provider.WithClass(provider.ErrRefused, err), "check the file, which was changed without sops, and encrypt it again")
	case 4:
		return provider.Hint(provider.WithClass(provider.ErrUsage, err), "choose a key that the format can hold: in a dotenv file, a name without dots")
	case 128:
		return provider.Hint(provider.WithClass(provider.ErrDenied, err), "set SOPS_AGE_KEY_FILE or SOPS_AGE_KEY, or log in to the key service of the file")
	}
	return err
}
