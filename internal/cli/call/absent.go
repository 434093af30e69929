package call

import (
	"errors"
	"slices"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/visible"
)

// Absent returns err, for one ID, in words that name the credential and the account, where it is the
// vendor's answer that the credential does not exist. Other errors stay as they are.
func Absent(c *Call, id string, err error) error {
	return setting.Absent(err, c.Kind.Name, id, visible.Text(where(c)))
}

// NoSuch says that the account has no credential with this ID.
func NoSuch(c *Call, id string) string {
	return setting.NoSuch(c.Kind.Name, id, visible.Text(where(c)))
}

// hintList adds to the error of an ID that does not exist how to list those that do.
func hintList(c *Call, err error) error {
	if !slices.Contains(c.Kind.Verbs, provider.List) || !errors.Is(err, provider.ErrAbsent) || provider.HintOf(err) != "" {
		return err
	}
	return provider.Hint(err, "to see the IDs and names, run: %s", c.Line(provider.List))
}
