package redelivery

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// One line puts right all that was found to hold something else: what is somewhere else can be
// delivered again, and what is nowhere must be replaced.
func TestWhatPutsDestinationsRight(t *testing.T) {
	yes, no := true, false
	at := func(to string, change ...func(*oplog.DeliveryState)) oplog.DeliveryState {
		d := oplog.DeliveryState{To: to, State: oplog.Delivered, Proof: string(deliver.ByValue), Drift: &no}
		for _, c := range change {
			c(&d)
		}
		return d
	}
	drifted := func(d *oplog.DeliveryState) { d.Drift = &yes }
	of := func(id string, all ...oplog.DeliveryState) oplog.Status {
		return oplog.Status{Provider: "acme", Kind: "key", ID: id, State: oplog.Done, Destinations: all}
	}
	again := "to deliver the secret again: credctl deliver acme A --to file:/x"
	anew := "credctl cannot read the secret anywhere; to replace it: credctl acme rotate A --to file:/x"
	for name, c := range map[string]struct {
		found oplog.Status
		want  string
	}{
		"another has it":            {of("A", at("file:/x", drifted), at("file:/y")), again},
		"another may have it":       {of("A", at("file:/x", drifted), at("file:/y", func(d *oplog.DeliveryState) { d.Drift = nil })), again},
		"no other":                  {of("A", at("file:/x", drifted)), anew},
		"the other has another":     {of("A", at("file:/x", drifted), at("file:/y", drifted)), anew + " --to file:/y"},
		"it cannot be read":         {of("A", at("file:/x", drifted), at("github:o/r#S", func(d *oplog.DeliveryState) { d.Proof = string(deliver.ByStamp) })), anew + " --to 'github:o/r#S'"},
		"it is that of another key": {of("A", at("file:/x", drifted), at("file:/y", func(d *oplog.DeliveryState) { d.HeldFor = "B" })), anew},
		"it was left out":           {of("A", at("file:/x", drifted), at("file:/y", func(d *oplog.DeliveryState) { d.LeftOut = true })), anew},
		"it was not delivered":      {of("A", at("file:/x", drifted), at("file:/y", func(d *oplog.DeliveryState) { d.State = "pending" })), anew + " --to file:/y"},
	} {
		assert.Equal(t, c.want, Repair(c.found), name)
	}
	open := of("A", at("file:/x", drifted))
	open.State = oplog.Grace
	assert.Equal(t, again, Repair(open), "the journal has it")
	assert.Equal(t, "to put all of this right: credctl deliver acme A --to file:/x && credctl acme rotate B --to file:/z",
		Repair(open, of("C", at("file:/y")), of("B", at("file:/z", drifted))), "what is as it was is left alone")
}
