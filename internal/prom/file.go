package prom

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// A File is the content of a file of metrics. The zero value is empty.
type File struct{ samples map[Name][]string }

// Set adds a sample. Labels are names and values in turn; one whose value is empty is
// left out.
func (f *File) Set(name Name, value float64, labels ...string) {
	if f.samples == nil {
		f.samples = map[Name][]string{}
	}
	f.samples[name] = append(f.samples[name], series(name, labels)+" "+strconv.FormatFloat(value, 'f', -1, 64))
}

// SetTime adds a time; the zero time is unknown, and adds none.
func (f *File) SetTime(name Name, t time.Time, labels ...string) {
	if !t.IsZero() {
		f.Set(name, float64(t.Unix()), labels...)
	}
}

// SetBool adds 1 or 0.
func (f *File) SetBool(name Name, yes bool, labels ...string) {
	value := 0.0
	if yes {
		value = 1
	}
	f.Set(name, value, labels...)
}

// SetRun adds how a run ended: when, whether it succeeded, and when one last did.
func (f *File) SetRun(version string, ended time.Time, ok bool, last time.Time, labels ...string) {
	f.Set(Build, 1, "version", version)
	f.SetTime(RunTime, ended, labels...)
	f.SetBool(RunSuccess, ok, labels...)
	if ok {
		last = ended
	}
	f.SetTime(LastSuccess, last, labels...)
}

// series is the name and the labels of a sample.
func series(name Name, labels []string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var pairs []string
	for pair := range slices.Chunk(labels, 2) {
		if pair[1] != "" {
			pairs = append(pairs, pair[0]+`="`+escape.Replace(strings.ToValidUTF8(pair[1], "\uFFFD"))+`"`)
		}
	}
	if pairs == nil {
		return string(name)
	}
	return string(name) + "{" + strings.Join(pairs, ",") + "}"
}

// Bytes returns the file. Equal samples give equal bytes.
func (f *File) Bytes() []byte {
	var b bytes.Buffer
	for _, m := range help() {
		samples := f.samples[m.name]
		if samples == nil {
			continue
		}
		slices.Sort(samples)
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", m.name, m.text, m.name)
		for _, s := range slices.Compact(samples) {
			b.WriteString(s + "\n")
		}
	}
	return b.Bytes()
}

// Check reports whether Write can write to path: the collector reads names that end in
// .prom alone.
func Check(path string) error {
	if filepath.Ext(path) != ".prom" {
		return provider.Hint(provider.Usage("the metrics file %q does not end in .prom", path), "node_exporter reads only such files: pass %s.prom", path)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return provider.Usage("the folder of the metrics file does not exist: %s", filepath.Dir(path))
	}
	return nil
}

// Write replaces the file at path as a whole. Everybody can read it, because the
// collector runs as another user, and no secret is in it.
func (f *File) Write(path string) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), ".credctl-*.tmp")
	if err == nil {
		defer func() {
			if err != nil {
				err = errors.Join(err, os.Remove(temp.Name()))
			}
		}()
		_, err = temp.Write(f.Bytes())
		err = errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close())
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("cannot write the metrics file: %w", err)
	}
	return nil
}

// Last returns the time of a sample in the file at path; zero is that it has none.
func Last(path string, name Name, labels ...string) time.Time {
	text, err := os.ReadFile(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return time.Time{}
	}
	for line := range strings.Lines(string(text)) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), series(name, labels)+" ")
		if seconds, err := strconv.ParseFloat(value, 64); ok && err == nil {
			return time.Unix(int64(seconds), 0)
		}
	}
	return time.Time{}
}
