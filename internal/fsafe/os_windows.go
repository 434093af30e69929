package fsafe

import (
	"os"

	"github.com/credctl/credctl/internal/fsafe/trust"
)

func replaceable(trust.Spot) error { return nil }

func keepOwner(*os.File, trust.Entry) error { return nil }
