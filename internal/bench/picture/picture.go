// Package picture draws what growth costs.
package picture

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What grows in a picture.
const (
	FinishedOperations = "finished rotations"
	OpenOperations     = "open rotations"
	PolicyEntries      = "entries of a policy"
	Credentials        = "credentials"
)

// A Point is one measured row of a picture.
type Point struct {
	Size int
	CPU  time.Duration // which a busy machine changes less than the time on the clock
	Peak int64         // KiB
}

// The size of a picture, and of its frame.
const (
	wide, high = 720, 300
	left, top  = 70, 50
	inner      = 250 // of each of the two charts
	deep       = 180
)

// Draw writes a picture for each thing that grows into a folder: the CPU time and the peak
// memory of a run, by how much there is. Both axes are logarithmic.
func Draw(dir string, all map[string][]Point) error {
	for grows, points := range all {
		if len(points) < 2 {
			continue
		}
		slices.SortFunc(points, func(a, b Point) int { return a.Size - b.Size })
		path := filepath.Join(dir, "growth-"+strings.ReplaceAll(grows, " ", "-")+".svg")
		if err := os.WriteFile(path, []byte(picture(grows, points)), 0o644); err != nil { //nolint:gosec // G306: it is for everybody
			return err
		}
	}
	return nil
}

// picture returns the picture of what one thing's growth costs.
func picture(grows string, points []Point) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", wide, high)
	fmt.Fprintf(&b, `<title>CPU time and peak memory by the number of %s</title>`+"\n", grows)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", wide, high)
	chart(&b, left, "CPU time of a run (ms)", grows, points, func(p Point) float64 { return float64(p.CPU) / float64(time.Millisecond) })
	chart(&b, left+inner+90, "peak memory (MiB)", grows, points, func(p Point) float64 { return float64(p.Peak) / 1024 })
	b.WriteString("</svg>\n")
	return b.String()
}

// chart draws one figure of the points, from a place of the picture on.
func chart(b *strings.Builder, x0 int, title, grows string, points []Point, figure func(Point) float64) {
	first, last := math.Log10(float64(points[0].Size)), math.Log10(float64(points[len(points)-1].Size))
	low, most := math.Inf(1), 1.0
	for _, p := range points {
		low, most = min(low, figure(p)), max(most, figure(p))
	}
	bottom, ceiling := math.Floor(math.Log10(max(low, 0.1))), math.Ceil(math.Log10(most*1.01))
	x := func(size int) float64 {
		return float64(x0) + (math.Log10(float64(size))-first)/(last-first)*inner
	}
	y := func(v float64) float64 {
		return float64(top+deep) - (math.Log10(max(v, 0.1))-bottom)/(ceiling-bottom)*deep
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", x0, top-20, title)
	for e := bottom; e <= ceiling; e++ {
		v := math.Pow(10, e)
		fmt.Fprintf(b, `<path d="M%d %.1fh%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n", x0, y(v), inner, x0-6, y(v)+4, v)
	}
	var line []string
	for _, p := range points {
		v := figure(p)
		line = append(line, fmt.Sprintf("%.1f,%.1f", x(p.Size), y(v)))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="#06c"/><text x="%.1f" y="%.1f" text-anchor="middle">%.3g</text><text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n",
			x(p.Size), y(v), x(p.Size), y(v)-8, v, x(p.Size), top+deep+18, p.Size)
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="#06c" stroke-width="2"/>`+"\n", strings.Join(line, " "))
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", x0+inner/2, top+deep+40, grows)
}
