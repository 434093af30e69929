package html

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/duration"
)

func number(n int) string { return strconv.Itoa(n) }

// seconds is a time to sort by.
func seconds(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// The ages in a histogram: twelve steps of 30 days, and all that is older.
const (
	step   = 30
	bins   = 13
	limit  = 90
	base   = 120.0 // the y of the axis
	tall   = 88.0  // the height of the highest bar
	margin = 0.6   // between bars, in percent
)

// A chart is the ages of the active credentials of a vendor.
type chart struct {
	Vendor string
	N      int // names the text of the chart
	Text   string
	Bars   []bar
	Row    []int
	Limit  string
	Ticks  []tick
}

// A bar has its place in percent of the width, and in pixels.
type bar struct {
	Class           string
	X, W, Mid, Y, H string
	Label           string // its y
	Count           int
}

type tick struct {
	X      string
	Anchor string
	Text   string
}

func percent(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

// charts returns a histogram for each vendor, all of the same scale.
func charts(r *report.Report) (names []string, all []chart) {
	for i := range bins - 1 {
		names = append(names, fmt.Sprintf("%d–%d days", i*step, i*step+step-1))
	}
	names = append(names, fmt.Sprintf("%d days or more", (bins-1)*step), "unknown")
	counts, most := map[string][]int{}, 1
	var vendors []string
	for _, row := range r.Rows {
		if !row.Active {
			continue
		}
		if counts[row.Provider] == nil {
			counts[row.Provider] = make([]int, bins+1)
			vendors = append(vendors, row.Provider)
		}
		at := bins // unknown
		if row.Basis == audit.FromCreated {
			at = min(ageDays(row.Since, r.Generated)/step, bins-1)
		}
		counts[row.Provider][at]++
		most = max(most, counts[row.Provider][at])
	}
	for i, vendor := range vendors {
		all = append(all, chartOf(vendor, i, counts[vendor], names, most))
	}
	return names, all
}

func chartOf(vendor string, n int, counts []int, names []string, most int) chart {
	const wide = 100.0 / (bins + 1.5) // of a step; half of one is before the unknown ones
	place := func(i int) float64 {
		if i == bins {
			return wide * (bins + 0.5)
		}
		return wide * float64(i)
	}
	c := chart{Vendor: vendor, N: n, Row: counts, Limit: percent(place(limit / step))}
	var said []string
	for i, k := range counts {
		if k == 0 {
			continue
		}
		said = append(said, fmt.Sprintf("%s: %d", names[i], k))
		high := max(3, tall*float64(k)/float64(most))
		b := bar{Class: "bar", Count: k, X: percent(place(i) + margin/2), W: percent(wide - margin), Mid: percent(place(i) + wide/2), Y: percent(base - high), H: percent(high), Label: percent(base - high - 4)}
		switch {
		case i == bins:
			b.Class = "bar unknown"
		case i >= limit/step:
			b.Class = "bar over"
		}
		c.Bars = append(c.Bars, b)
	}
	c.Text = "Age of active credentials at " + vendor + ". " + strings.Join(said, ", ") + "."
	c.Ticks = []tick{
		{"0", "start", "0"},
		{percent(place(3)), "middle", "90"},
		{percent(place(6)), "middle", "180"},
		{percent(place(9)), "middle", "270 days"},
		{"100", "end", "unknown"},
	}
	return c
}

// A timeline is what happens to credentials in the next 90 days.
type timeline struct {
	Events         []event
	MoreEvents     bool
	AllEvents      int
	TimelineHeight int
	TimelineText   string
	Weeks          []tick
}

// An event is one of them: expires, deleted or due.
type event struct {
	Kind, What, Name, Text, Date, X, Path string
	TextY, LineY                          int

	at time.Time
}

// The time line: how far it looks, how many events it has, and the height of each.
const (
	horizon    = 90 * duration.Day
	mostEvents = 30
	eventTop   = 40
	eventHigh  = 38
)

// paths are the shapes of events, around the origin.
func paths() map[string]string {
	return map[string]string{
		"expires": "M0-7 7 0 0 7-7 0Z",
		"deleted": "M-6-6H6V6H-6Z",
		"due":     "M0-7 7 6H-7Z",
	}
}

func timelineOf(r *report.Report) (t timeline) {
	var all []event
	add := func(row *report.Row, kind, what string, at time.Time) {
		if at.IsZero() || at.After(r.Generated.Add(horizon)) {
			return
		}
		all = append(all, event{Kind: kind, What: what, Name: short(cmp.Or(row.Name, row.ID)), Date: day(at), at: at})
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		if !row.Active {
			continue
		}
		add(row, "expires", "expires", row.Expires)
		if row.InGrace {
			add(row, "deleted", "is deleted", row.Retires)
		} else {
			add(row, "due", "is due for rotation", row.Due)
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return a.at.Compare(b.at) })
	t.AllEvents = len(all)
	t.Events = all[:min(len(all), mostEvents)]
	t.MoreEvents = len(all) > mostEvents
	said := make([]string, len(t.Events))
	for i := range t.Events {
		e := &t.Events[i]
		days := e.at.Sub(r.Generated)
		when := fmt.Sprintf("in %d days", int(max(0, days)/duration.Day))
		if days < 0 {
			when = "overdue"
		}
		said[i] = e.Name + " " + e.What + " on " + e.Date
		e.Text = clip(e.Name) + " " + e.Kind + " " + when
		e.X, e.Path = percent(1+98*max(0, min(1, float64(days)/float64(horizon)))), paths()[e.Kind]
		e.TextY, e.LineY = eventTop+i*eventHigh, eventTop+i*eventHigh+14
	}
	t.TimelineHeight = eventTop + len(t.Events)*eventHigh - 6
	t.TimelineText = strings.Join(said, "; ") + "."
	t.Weeks = []tick{{"1", "start", "today"}, {percent(1 + 98.0/3), "middle", "30 days"}, {percent(1 + 2*98.0/3), "middle", "60 days"}, {"99", "end", "90 days"}}
	return t
}

// clip is a name that fits on a small screen.
func clip(name string) string {
	if r := []rune(name); len(r) > 20 {
		return string(r[:19]) + "…"
	}
	return name
}
