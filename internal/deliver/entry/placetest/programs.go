// Package placetest has fakes of the servers and the programs behind destinations, for
// the tests of each and of the whole program.
package placetest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Program makes a test binary, under the name of a program, what takes what that
// program takes: for machines without it. It is called first in TestMain.
func Program() {
	run, ok := map[string]func([]string) error{"sops": sops, "systemd-creds": systemdCreds}[filepath.Base(os.Args[0])]
	if !ok {
		return
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Programs returns a folder with the programs that [Program] makes of this test binary.
func Programs(t testing.TB) (bin string) {
	bin = t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	for _, name := range []string{"sops", "systemd-creds"} {
		require.NoError(t, os.Symlink(self, filepath.Join(bin, name)))
	}
	return bin
}

// sealed is a file of the fake sops.
type sealed struct {
	Data string `json:"data"`
	Sops string `json:"sops"`
}

// Sealed returns plain JSON as a file that the fake sops opens with SOPS_AGE_KEY=key.
func Sealed(plain, key string) string {
	b, _ := json.Marshal(sealed{base64.StdEncoding.EncodeToString([]byte(plain)), key}) // of two texts
	return string(b)
}

func sops(args []string) error {
	path := args[len(args)-1]
	if args[0] == "set" {
		path = args[len(args)-2]
	}
	key := os.Getenv("SOPS_AGE_KEY")
	plain, err := Opened(path, key)
	if status := map[error]int{errKey: 128, errMAC: 51}[err]; status != 0 {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(status)
	}
	if err != nil {
		return err
	}
	if args[0] == "decrypt" {
		_, err = os.Stdout.WriteString(plain)
		return err
	}
	var root map[string]any
	var keys [][]string
	if err := json.Unmarshal([]byte(plain), &root); err != nil {
		return err
	}
	index := args[len(args)-1]
	for d := json.NewDecoder(strings.NewReader(index)); d.More(); {
		var one []string
		if err := d.Decode(&one); err != nil {
			return err
		}
		keys = append(keys, one)
	}
	value, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	at := root
	for _, k := range keys[:len(keys)-1] {
		next, ok := at[k[0]].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[k[0]] = next
		}
		at = next
	}
	at[keys[len(keys)-1][0]] = json.RawMessage(value)
	edited, err := json.Marshal(root)
	if err != nil {
		return err
	}
	content := Sealed(string(edited), key)
	if strings.HasSuffix(index, `_unencrypted"]`) { // as a rule of SOPS has it
		content = strings.Replace(content, "{", `{"clear":`+string(value)+",", 1)
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

// Opened returns what a file of the fake sops holds.
func Opened(path, key string) (plain string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var file sealed
	if json.Unmarshal(b, &file) != nil || file.Sops != key {
		return "", errKey
	}
	text, err := base64.StdEncoding.DecodeString(file.Data)
	if err != nil {
		return "", errMAC
	}
	return string(text), nil
}

var (
	errKey = errors.New("failed to get the data key required to decrypt the SOPS file")
	errMAC = errors.New("MAC mismatch")
)

// Encrypted returns a credential of the fake systemd-creds.
func Encrypted(name, plain string) string {
	return base64.StdEncoding.EncodeToString([]byte(name+"\n"+plain)) + "\n"
}

// Credential returns what a credential of the fake systemd-creds holds.
func Credential(path, name string) (plain string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	inside, value, ok := strings.Cut(string(text), "\n")
	if err != nil || !ok || inside != name {
		return "", fmt.Errorf("embedded credential name %q does not match %q, refusing", inside, name)
	}
	return value, nil
}

func systemdCreds(args []string) error {
	name := strings.TrimPrefix(args[1], "--name=")
	if args[0] == "encrypt" {
		plain, err := io.ReadAll(os.Stdin)
		fmt.Print(Encrypted(name, string(plain)))
		return err
	}
	plain, err := Credential(args[len(args)-2], name)
	fmt.Print(plain)
	return err
}
