package fsafe

import (
	"os"

	"github.com/gofrs/flock"

	"github.com/credctl/credctl/internal/fsafe/trust"
)

func replaceable(trust.Spot) error { return nil }

func keepOwner(*os.File, trust.Entry) error { return nil }

// Own makes a folder for files of credctl's own.
func Own(path string) (opened bool, err error) { return false, Dir(path) }

// OwnFile does nothing.
func OwnFile(string) (opened bool, err error) { return false, nil }

// unlockAndRemove removes the file when it is closed, which fails while another has it open.
func unlockAndRemove(l *flock.Flock) {
	_ = l.Unlock()
	_ = os.Remove(l.Path())
}

func nameless(os.FileInfo) bool { return false }
