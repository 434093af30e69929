package monitor

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/runs"
	"github.com/credctl/credctl/internal/visible"
)

const aboutStatus = `Show when each policy last ran on this machine, how the run ended, and what is overdue.

Exit status 8 means that a run failed, that a rotation failed, or that an old credential
should have been deleted by now. Exit status 75 means that a policy did not run within
--max-silence. Both checks read the state folder and send no request.`

// A status is the answer of `credctl status`.
type status struct {
	Policies []runs.Run        `json:"policies"`
	Overdue  []rotation.Status `json:"overdue"`
}

// Status is `credctl status`.
func Status(run *invocation.Invocation) *cobra.Command {
	var silence string
	cmd := &cobra.Command{
		Use: "status", Short: "Show the last run of each policy", Long: aboutStatus, Args: syntax.Exact(),
		Example: `# Show the last run of each policy
credctl status

# Fail when a policy did not run for 26 hours
credctl rotate -f rotations.yaml
credctl status --max-silence 26h`,
		RunE: func(*cobra.Command, []string) error {
			var longest time.Duration
			if silence != "" {
				var err error
				if longest, err = duration.Parse(silence); err != nil || longest <= 0 {
					return provider.Hint(provider.Usage("--max-silence %q is not a duration", silence), "pass hours or days: --max-silence 26h")
				}
			}
			now := time.Now()
			s, unread := find(run, now)
			if s == nil {
				return unread
			}
			rows := make([][]string, len(s.Policies))
			for i, p := range s.Policies {
				s.Policies[i] = p.At(now)
				rows[i] = row(s.Policies[i])
			}
			err := run.Results.Keeping(statusKept()...).Results(statusColumns(), rows, s)
			if run.Results.Format.ForPeople() {
				s.explain(run)
			}
			return errors.Join(err, unread, s.judge(now, longest))
		},
	}
	cmd.Flags().StringVar(&silence, "max-silence", "", "longest `duration` without a run, such as 26h")
	return syntax.WithColumns(cmd, statusColumns())
}

func statusColumns() []string {
	return []string{"file", "last_run", "exit", "last_success", "next_due", "due", "pending", "failed", "unknown"}
}

// statusKept are the columns that a table keeps on a narrow terminal.
func statusKept() []string {
	return []string{"file", "last_run", "exit", "due", "pending", "failed", "unknown"}
}

func row(r runs.Run) []string {
	unknown := ""
	if r.Unknown > 0 {
		unknown = strconv.Itoa(r.Unknown)
	}
	return []string{
		r.File, results.Time(r.LastRun), strconv.Itoa(r.Exit), results.Time(r.LastSuccess), results.Time(r.NextDue),
		strconv.Itoa(r.Due), strconv.Itoa(r.Pending), strconv.Itoa(r.Failed), unknown,
	}
}

// find reads the state folder. It returns what could be read together with the error.
func find(run *invocation.Invocation, now time.Time) (*status, error) {
	dir, err := run.Config.Env.StateDir()
	if err != nil {
		return nil, err
	}
	engine, err := run.Session.Engine()
	if err != nil {
		return nil, err
	}
	open, err := engine.List(false)
	if err != nil {
		return nil, err
	}
	s := &status{Policies: []runs.Run{}, Overdue: []rotation.Status{}}
	for _, o := range open {
		if o.Error != "" || !o.Retires.IsZero() && now.After(o.Retires.Add(late)) {
			s.Overdue = append(s.Overdue, o)
		}
	}
	policies, err := runs.All(dir)
	s.Policies = append(s.Policies, policies...)
	drift.TellOldDeleted(engine.Journal, s.Overdue)
	return s, err
}

// late is how long after its grace period an old credential may still be there: the
// next hourly run deletes it.
const late = 2 * time.Hour

// explain writes below the table what is overdue, for people.
func (s *status) explain(run *invocation.Invocation) {
	if len(s.Policies) == 0 {
		run.Streams.Remark("No policy has run on this machine")
	}
	for _, o := range s.Overdue {
		why := o.Error
		switch {
		case why != "":
		case len(o.Notes) > 0:
			why = o.Notes[0]
		default:
			why = "the old credential should have been deleted at " + o.Retires.Format(time.RFC3339)
		}
		fmt.Fprintln(run.Streams.Out, run.Streams.FillOut(fmt.Sprintf("%s %s: %s", o.Provider, visible.Text(o.Title()), visible.OneLine(why))))
	}
}

// judge says what is wrong. What needs a person comes before what time may heal.
func (s *status) judge(now time.Time, longest time.Duration) error {
	var failed []string
	var hints []string
	for _, p := range s.Policies {
		if !runs.Succeeded(p.Exit) && p.Exit != temporary {
			failed = append(failed, fmt.Sprintf("the last run of %s failed with exit status %d", p.File, p.Exit))
			hints = append(hints, next(p, "run: "))
		}
	}
	if failed != nil {
		return provider.Hint(provider.WithClass(provider.ErrPartial, errors.New(strings.Join(failed, "; "))), "%s", strings.Join(hints, "; "))
	}
	if len(s.Overdue) > 0 {
		return provider.Hint(provider.WithClass(provider.ErrPartial, fmt.Errorf("rotations that need attention: %d", len(s.Overdue))), "run: credctl rotation list")
	}
	if longest == 0 {
		return nil
	}
	if len(s.Policies) == 0 {
		return provider.WithClass(provider.ErrUnavailable, errors.New("no policy has run on this machine"))
	}
	for _, p := range s.Policies {
		last := p.LastRun
		if p.Exit == temporary { // each run may end so, and none does anything
			last = p.LastSuccess
		}
		if now.Sub(last) > longest {
			return provider.Hint(provider.WithClass(provider.ErrUnavailable, fmt.Errorf("%s did not run successfully since %s", p.File, since(last))),
				"%s", next(p, "check cron, then run: "))
		}
	}
	return nil
}

// next is what to do about a policy.
func next(p runs.Run, otherwise string) string {
	if p.Removed() {
		return "restore the file, which no longer exists, or remove the record of its last run: rm " + quote.Shell(p.Path)
	}
	return otherwise + "credctl rotate -f " + quote.Word(p.File)
}

// temporary is the exit status of a run that the next one continues.
const temporary = 75

func since(t time.Time) string {
	if t.IsZero() {
		return "it was first run"
	}
	return t.Format(time.RFC3339)
}
