// Packages builds the packages of .goreleaser.yaml for the program in bin/, with the
// library that goreleaser uses. CI tries these: goreleaser itself takes too long to
// build there, and builds for all systems.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/apk"
	_ "github.com/goreleaser/nfpm/v2/deb"
	_ "github.com/goreleaser/nfpm/v2/rpm"
	"go.yaml.in/yaml/v3"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: packages DATE DIR")
	}
	if err := build(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func build(date, dir string) error {
	mtime, err := time.Parse(time.RFC3339, date)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		return err
	}
	var file struct{ NFPMs []map[string]any }
	if err := yaml.Unmarshal(text, &file); err != nil {
		return err
	}
	for _, one := range file.NFPMs {
		formats, _ := one["formats"].([]any)
		contents, _ := one["contents"].([]any)
		delete(one, "formats")
		one["name"], one["arch"], one["version"], one["mtime"] = "credctl", runtime.GOARCH, "0.0.1-next", mtime
		one["contents"] = append(contents, map[string]any{"src": "bin/credctl", "dst": "/usr/bin/credctl", "file_info": map[string]any{"mode": 0o755, "mtime": mtime}})
		if text, err = yaml.Marshal(one); err != nil {
			return err
		}
		for _, format := range formats {
			if err := write(text, fmt.Sprint(format), dir); err != nil {
				return fmt.Errorf("%s: %w", format, err)
			}
		}
	}
	return nil
}

// write builds one package.
func write(text []byte, format, dir string) error {
	config, err := nfpm.Parse(bytes.NewReader(text))
	if err != nil {
		return err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	info, err := config.Get(format)
	if err != nil {
		return err
	}
	if err := nfpm.PrepareForPackager(nfpm.WithDefaults(info), format); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := packager.Package(info, &out); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "credctl_0.0.1-next_linux_"+runtime.GOARCH+"."+format), out.Bytes(), 0o644)
}
