package fsafe

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/credctl/credctl/internal/provider"
)

// WriteSecret writes a secret and a newline to a file from [Create], and closes
// it. When it returns nil, both the file and its name are durable.
func WriteSecret(f *os.File, secret provider.Secret) error {
	_, err := io.WriteString(f, secret.Reveal()+"\n")
	return errors.Join(err, f.Sync(), f.Close(), SyncDir(filepath.Dir(f.Name())))
}
