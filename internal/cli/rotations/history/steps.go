package history

import (
	"fmt"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/visible"
)

// told says what each step did. A colon ends those that continue with what the step is
// about; the others leave it out.
func told() map[journal.Step]string {
	return map[journal.Step]string{
		oplog.StepIntent:    "Began the request for the new secret",
		oplog.StepIssued:    "Received the new credential:",
		oplog.StepLost:      "Lost the answer to the request",
		oplog.StepClear:     "Looked for the result of the request:",
		oplog.StepFound:     "Found the new credential, whose secret is lost:",
		oplog.StepRevoking:  "Began to delete:",
		oplog.StepRevoked:   "Deleted:",
		oplog.StepSecret:    "Accepted the secret that was supplied",
		oplog.StepRights:    "Checked the name and the permissions of the new credential",
		oplog.StepVerified:  "Checked the new secret:",
		oplog.StepDelivered: "Delivered the new secret:",
		oplog.StepMissing:   "Found that a destination no longer has the secret:",
		oplog.StepHooked:    "Ran the hook",
		oplog.StepGrace:     "Started the grace period, which ends at:",
		oplog.StepRetiring:  "Began to delete the old credential",
		oplog.StepRetired:   "The old credential is deleted",
		oplog.StepAborting:  "Began to abort",
		oplog.StepPending:   "Waiting:",
		oplog.StepUnknown:   "Could not find out the result:",
		oplog.StepFailed:    "Failed:",
		oplog.StepOptions:   "Changed the options",
		journal.Done:        "Finished",
		journal.Aborted:     "Aborted",
	}
}

// sentence is a step for people; "" for one that did nothing.
func sentence(s oplog.StoryStep) string {
	step := journal.Step(s.Step)
	about := s.About
	switch about {
	case oplog.NoHook:
		return ""
	case oplog.Shown:
		about = "standard output"
	}
	text, known := told()[step]
	if !known {
		text = s.Step + ":"
	}
	if more, ok := strings.CutSuffix(text, ":"); ok && about == "" && s.Error == "" {
		text = more
	} else if ok && about != "" {
		text += " " + about
	}
	if s.Error != "" {
		text = strings.TrimSuffix(text, ":") + ": " + s.Error
	}
	return visible.Text(text)
}

// writeSteps writes what happened, below the table, for people.
func writeSteps(run *invocation.Invocation, story oplog.Story) {
	for _, s := range story.Steps {
		if text := sentence(s); text != "" {
			fmt.Fprintln(run.Streams.Out, run.Streams.FillOut(fmt.Sprintf("  %s  %s", s.Time.Format(time.RFC3339), text)))
		}
	}
	for _, d := range story.Destinations {
		if how := proved(d.Proof); how != "" {
			fmt.Fprintln(run.Streams.Out, run.Streams.FillOut(fmt.Sprintf("  %s: %s (%s)", visible.Text(d.To), how, d.ProvedAt.Format(time.RFC3339))))
		}
	}
}
