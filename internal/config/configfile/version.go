package configfile

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/provider"
)

// newest is the version of configuration files that this program writes. A file that
// names none is of version 1.
const newest = 1

// version refuses a file for a newer credctl, before anything else in it is found unknown.
func (k *checker) version(top *yaml.Node) error {
	if top.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		n := top.Content[i+1]
		if top.Content[i].Value != versionKey {
			continue
		}
		is, err := strconv.Atoi(n.Value)
		if err != nil || is < 1 {
			return provider.Hint(k.at(n, "%s must be a number from 1", versionKey), "write %s: %d, or remove the line", versionKey, newest)
		}
		if is > newest {
			return provider.Hint(k.at(n, "the file is for a newer credctl (version %d; this one reads up to %d)", is, newest),
				"install the newest credctl, or name another file with --config")
		}
	}
	return nil
}
