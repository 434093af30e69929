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
		oplog.StepIntent:     "Began the request for the new secret",
		oplog.StepIssued:     "Received the new credential:",
		oplog.StepLost:       "Lost the answer to the request",
		oplog.StepClear:      "Looked for the result of the request:",
		oplog.StepFound:      "Found the new credential, whose secret is lost:",
		oplog.StepRevoking:   "Began to delete:",
		oplog.StepRevoked:    "Deleted:",
		oplog.StepSecret:     "Accepted the secret that was supplied",
		oplog.StepRights:     "Checked the name and the permissions of the new credential",
		oplog.StepVerified:   "Checked the new secret:",
		oplog.StepDelivering: "Began to deliver the new secret:",
		oplog.StepDelivered:  "Delivered the new secret:",
		oplog.StepMissing:    "Found that a destination no longer has the secret:",
		oplog.StepHooking:    "Began to run the hook",
		oplog.StepHooked:     "Ran the hook",
		oplog.StepGrace:      "Started the grace period, which ends at:",
		oplog.StepRetiring:   "Began to delete the old credential",
		oplog.StepRetired:    "The old credential is deleted",
		oplog.StepRestoring:  "Began to restore the old secret:",
		oplog.StepRestored:   "Restored the old secret:",
		oplog.StepAborting:   "Began to abort",
		oplog.StepPending:    "Waiting:",
		oplog.StepUnknown:    "Could not find out the result:",
		oplog.StepFailed:     "Failed:",
		oplog.StepOptions:    "Changed the options",
		journal.Done:         "Finished",
		journal.Aborted:      "Aborted",
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
	if doing, known := attempts()[about]; known && s.Error != "" {
		text = "Could not " + doing
	}
	if s.Error != "" {
		s.Error = strings.TrimPrefix(s.Error, about+": ")
		text = strings.TrimSuffix(text, ":") + ": " + s.Error
	}
	return visible.Text(text)
}

// attempts are the parts of a rotation that can fail, by their names in the journal.
func attempts() map[string]string {
	return map[string]string{ //nolint:gosec // G101: none of it is a credential
		"issue": "create the new secret", "secret": "get the new secret", "name": "name the new credential", "rights": "compare the permissions",
		"verify": "verify the new secret", "deliver": "deliver the new secret", "hook": "run the hook", "retire": "delete the old credential",
	}
}

// delivers is a step of a delivery, which requests nothing.
func delivers(s oplog.StoryStep, text string) string {
	if s.Step == string(oplog.StepIntent) {
		return "Began the delivery"
	}
	if s.Step == string(oplog.StepIssued) {
		return ""
	}
	return strings.Replace(text, "the new secret", "the secret", 1)
}

// writeSteps writes what happened, below the table, for people.
func writeSteps(run *invocation.Invocation, story oplog.Story) {
	fmt.Fprintln(run.Streams.Out, "\nSteps:")
	issued := story.OldID // by the steps before
	for _, s := range story.Steps {
		text := sentence(s)
		if s.Step == string(oplog.StepIssued) && s.About == issued {
			if text = ""; s.HasSecret {
				text = "Received the new secret of: " + visible.Text(issued)
			}
		}
		if s.Step == string(oplog.StepIssued) {
			issued = s.About
		}
		if story.Strategy == oplog.Deliver { // of a secret that is not new
			text = delivers(s, text)
		}
		if text != "" {
			fmt.Fprintln(run.Streams.Out, run.Streams.FillOut(fmt.Sprintf("  %s  %s", s.Time.Format(time.RFC3339), text)))
		}
	}
	proofs := false
	for _, d := range story.Destinations {
		if how := proved(d.Proof); how != "" && !proofs {
			proofs = true
			fmt.Fprintln(run.Streams.Out, "\nDestinations:")
		}
		if how := proved(d.Proof); how != "" {
			fmt.Fprintln(run.Streams.Out, run.Streams.FillOut(fmt.Sprintf("  %s: %s (%s)", visible.Text(d.To), how, d.ProvedAt.Format(time.RFC3339))))
		}
	}
}
