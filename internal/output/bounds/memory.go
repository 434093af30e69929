package bounds

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A Size is a number of bytes, as a flag.
type Size int64

// units are those of sizes, the longest first.
func units() []struct {
	name  string
	bytes int64
} {
	return []struct {
		name  string
		bytes int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}}
}

// String is the size with a unit.
func (s *Size) String() string {
	for _, u := range units() {
		if n := int64(*s); n >= u.bytes && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*s), 10)
}

// Set reads a size such as 512MiB.
func (s *Size) Set(text string) error {
	number, factor := text, int64(1)
	for _, u := range units() {
		if before, ok := strings.CutSuffix(text, u.name); ok {
			number, factor = before, u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/factor {
		return provider.Usage("%q is not a size: it must be a number and a unit, such as 512MiB or 2GiB", text)
	}
	*s = Size(n * factor)
	return nil
}

// Type is what help calls a size.
func (*Size) Type() string { return "size" }

// checkEvery is how many items are gathered between two looks at the memory.
const checkEvery = 256

// A Gatherer bounds the memory of what must be read to its end before it is written.
type Gatherer struct {
	Most  Size // zero: no limit
	items int
}

// Add notes another item, and fails if the program uses more memory than it may.
func (g *Gatherer) Add(what string) error {
	if g.items++; g.Most == 0 || g.items%checkEvery != 0 {
		return nil
	}
	var used runtime.MemStats // and not runtime/metrics, which makes a table at each start of the program
	runtime.ReadMemStats(&used)
	if float64(used.HeapAlloc) <= float64(g.Most) {
		return nil
	}
	return provider.Hint(provider.Usage("the %s needs the whole list, which takes more than %s of memory", what, g.Most.String()),
		"write the expression as '.[] | …', which runs for each item; or pass a larger --max-memory")
}
