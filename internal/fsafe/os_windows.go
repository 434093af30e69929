package fsafe

import (
	"os"

	"github.com/credctl/credctl/internal/fsafe/trust"
)

func replaceable(trust.Spot) error { return nil }

func keepOwner(*os.File, trust.Entry) error { return nil }

// Own makes a folder for files of credctl's own.
func Own(path string) (opened bool, err error) { return false, Dir(path) }

// OwnFile does nothing.
func OwnFile(string) (opened bool, err error) { return false, nil }
