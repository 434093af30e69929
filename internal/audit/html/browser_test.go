package html

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A browser is headless Chromium without a network, and what its console says.
type browser struct {
	*testing.T
	ctx context.Context //nolint:containedctx // of one test

	mu      sync.Mutex
	console []string
}

// open opens the page of a report; the test is skipped where no Chromium is installed.
func open(t *testing.T, n int) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium to test with: install chromium first, as CI does")
	}
	page := filepath.Join(t.TempDir(), "audit.html")
	require.NoError(t, os.WriteFile(page, []byte(page1(t, sample(n))), 0o600))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &browser{T: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			b.console = append(b.console, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			b.console = append(b.console, string(e.Type))
		case *log.EventEntryAdded:
			b.console = append(b.console, e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file://"+page) {
				b.console = append(b.console, "a request to "+e.Request.URL)
			}
		}
	}))
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	call(b, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: true})
	b.do(chromedp.Navigate("file://" + page))
	return b
}

// call runs a command of the protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) {
	b.Helper()
	_, err := chromedp.Call(b.ctx, command, params)
	require.NoError(b, err)
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	require.NoError(b, chromedp.Do(b.ctx, actions...))
}

// eval returns the value of an expression.
func eval[T any](b *browser, expression string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b, err)
	return v
}

// shown are the names in the rows that are shown.
const shown = `[...document.querySelectorAll("#inventory-table tbody tr")].filter(r => !r.hidden)`

func (b *browser) view(width int64, scheme string) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, 900))
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

func TestThePageInABrowser(t *testing.T) {
	b := open(t, 60)
	assert.Equal(t, 60, eval[int](b, shown+".length"))
	assert.Equal(t, bars(sample(60)), eval[int](b, `document.querySelectorAll("rect.bar").length`))

	// the filter, by keyboard and by pointer
	b.do(chromedp.SendKeys("#f-text", "id-00007"))
	assert.Equal(t, 1, eval[int](b, shown+".length"))
	assert.Equal(t, "1 of 60 credentials shown", eval[string](b, `document.getElementById("f-status").textContent`))
	b.do(chromedp.SendKeys("#f-text", strings.Repeat(kb.Backspace, 8)))
	assert.Equal(t, 60, eval[int](b, shown+".length"))
	b.do(chromedp.Click("#f-active"))
	assert.Equal(t, 54, eval[int](b, shown+".length"))
	b.do(chromedp.Click("#f-active"), chromedp.SendKeys("#f-vendor", "bolt"))
	assert.Equal(t, 30, eval[int](b, shown+".length"))
	b.do(chromedp.SendKeys("#f-vendor", "all"))

	// the sort, by pointer and by keyboard
	ages := shown + `.map(r => Number(r.cells[5].dataset.v))`
	sorted := func(less string) bool {
		return eval[bool](b, "(a => a.every((v, i) => i === 0 || a[i-1] "+less+" v))("+ages+")")
	}
	assert.False(t, sorted("<="))
	b.do(chromedp.Click("#inventory-table th:nth-child(6) button"))
	assert.True(t, sorted("<="))
	assert.Equal(t, "ascending", eval[string](b, `document.querySelector("#inventory-table th:nth-child(6)").getAttribute("aria-sort")`))
	b.do(chromedp.Focus("#inventory-table th:nth-child(6) button"), chromedp.KeyEvent(kb.Enter))
	assert.True(t, sorted(">="))
	assert.Contains(t, eval[string](b, `document.getElementById("f-status").textContent`), "sorted by age in days, descending")
	assert.Equal(t, 1, eval[int](b, `document.querySelectorAll("th[aria-sort]").length`))

	// no width needs a scroll in two directions, and nothing has run or said anything
	for _, width := range []int64{320, 390, 1280} {
		b.view(width, "light")
		assert.LessOrEqual(t, eval[int64](b, "document.documentElement.scrollWidth"), width)
	}
	assert.Equal(t, "undefined", eval[string](b, "typeof window.ran"))
	assert.Empty(t, b.console)
}

// TestThePageOnPaper: on A4, the columns of the inventory are wide enough for the longest
// words that vendors use.
func TestThePageOnPaper(t *testing.T) {
	b := open(t, 60)
	b.view(718, "light") // with the margins of a browser
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	broken := eval[[]string](b, `(cells => Object.entries({2: "medianova", 3: "access-key", 4: "configured", 6: "2026-12-28", 7: "2026-12-28"}).filter(([i, word]) => {
		const text = document.createRange()
		cells[i].textContent = word
		text.selectNodeContents(cells[i])
		return text.getClientRects().length > 1
	}).map(([, word]) => word))(document.querySelector("#inventory-table tbody tr").cells)`)
	assert.Empty(t, broken)
}

// TestThePageIsAccessible needs `make bin/audit`, which fetches axe-core.
func TestThePageIsAccessible(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "bin", "audit", "axe.min.js"))
	if err != nil {
		t.Skip("no axe-core to test with: run `make bin/audit` first, as CI does")
	}
	b := open(t, 60)
	eval[int](b, string(axe)+";0")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1280} {
			b.view(width, scheme)
			found := eval[[]string](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => v.id + ": " + v.nodes.map(n => n.html + " " + n.failureSummary).slice(0, 3).join("; ")))`)
			assert.Empty(t, found, "%s, %d", scheme, width)
		}
	}
}
