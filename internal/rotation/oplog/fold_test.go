package oplog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// entry is what the journal has of one step.
func entry(t *testing.T, step journal.Step, ev Event, with func(*journal.Entry)) journal.Entry {
	t.Helper()
	e, err := ev.Entry(step, start())
	require.NoError(t, err)
	if with != nil {
		with(&e)
	}
	return e
}

// TestEachStep: what each step changes in a state, and nothing else.
func TestEachStep(t *testing.T) {
	options := Options{To: []string{"a", "b"}, Hook: Hook{Line: "reload"}}
	subject := Subject{Provider: "acme", Kind: "key", ID: "old", Params: map[string]string{"name": "new"}}
	snapshot := func(e *journal.Entry) { e.Snapshot = []string{"old", "other"} }
	newID := func(e *journal.Entry) { e.NewID = "new" }
	for name, c := range map[string]struct {
		step journal.Step
		ev   Event
		with func(*journal.Entry)
		from OpState
		want OpState
	}{
		"the first intent": {
			step: StepIntent, with: snapshot,
			ev:   Event{Subject: &subject, Strategy: Replace, Options: &options, Old: &provider.Credential{ID: "old"}, Name: "web"},
			want: OpState{Subject: subject, Strategy: Replace, Options: options, Old: provider.Credential{ID: "old"}, Name: "web", Snapshot: []string{"old", "other"}, Asked: true, Began: start()},
		},
		"an intent tells where destinations are": {
			step: StepIntent, ev: Event{Places: map[string]string{"a": "AWS account 1"}},
			want: OpState{Asked: true, Began: start(), Stamps: map[string]string{"a": "AWS account 1"}},
		},
		"a later intent adds to the snapshot": {
			step: StepIntent, with: snapshot, from: OpState{Name: "web", LastLost: true, Lost: true, Snapshot: []string{"first"}},
			want: OpState{Name: "web", Lost: true, Snapshot: []string{"first", "old", "other"}, Asked: true, Began: start()},
		},
		"issued": {
			step: StepIssued, with: newID, ev: Event{New: &provider.Credential{Name: "web"}}, from: OpState{Asked: true, Supplied: true, Found: "x"},
			want: OpState{Issued: true, New: provider.Credential{ID: "new", Name: "web"}, Reached: Issued},
		},
		"lost":                      {step: StepLost, from: OpState{Asked: true}, want: OpState{Asked: true, Lost: true, LastLost: true}},
		"clear":                     {step: StepClear, from: OpState{Asked: true, Lost: true, LastLost: true}, want: OpState{Lost: true, LastLost: true}},
		"clear of a run was killed": {step: StepClear, from: OpState{Asked: true}, want: OpState{Lost: true, Killed: true}},
		"found":                     {step: StepFound, ev: Event{ID: "x"}, from: OpState{Asked: true, Issued: true, Reached: Issued}, want: OpState{Found: "x", Reached: Intent}},
		"revoking":                  {step: StepRevoking, ev: Event{ID: "x"}, from: OpState{Orphans: []string{"w"}}, want: OpState{Orphans: []string{"w", "x"}, Orphan: "x"}},
		"revoked":                   {step: StepRevoked, ev: Event{ID: "x"}, from: OpState{Orphans: []string{"x"}, Orphan: "x"}, want: OpState{Orphans: []string{"x"}}},
		"a supplied secret": {
			step: StepSecret, ev: Event{New: &provider.Credential{Key: "k"}},
			from: OpState{Issued: true, New: provider.Credential{ID: "new"}, Verified: true, Delivered: []string{"a"}, Hooked: true, HookBegun: true, Until: start(), Reached: Grace},
			want: OpState{Issued: true, New: provider.Credential{ID: "new", Key: "k"}, Supplied: true, Outdated: []string{"a"}, HookBegun: true, Reached: Issued},
		},
		"rights":                  {step: StepRights, ev: Event{New: &provider.Credential{ID: "new", Key: "k"}}, want: OpState{RightsChecked: true, New: provider.Credential{ID: "new", Key: "k"}}},
		"rights, and nothing new": {step: StepRights, from: OpState{New: provider.Credential{ID: "new"}}, want: OpState{RightsChecked: true, New: provider.Credential{ID: "new"}}},
		"issued, and pending": {
			step: journal.Issued, ev: Event{New: &provider.Credential{Status: "pending"}}, from: OpState{Strategy: Replace},
			want: OpState{Strategy: Replace, Issued: true, Reached: Issued},
		},
		"created, and pending": {
			step: journal.Issued, ev: Event{New: &provider.Credential{Status: "pending"}}, from: OpState{Strategy: Create},
			want: OpState{Strategy: Create, Issued: true, New: provider.Credential{Status: "pending"}, Reached: Issued},
		},
		"rights, and pending":        {step: StepRights, ev: Event{New: &provider.Credential{ID: "new", Status: "pending"}}, want: OpState{RightsChecked: true, New: provider.Credential{ID: "new"}}},
		"rights, and active":         {step: StepRights, ev: Event{New: &provider.Credential{ID: "new", Status: "active"}}, want: OpState{RightsChecked: true, New: provider.Credential{ID: "new", Status: "active"}}},
		"verified":                   {step: StepVerified, want: OpState{Verified: true, Reached: Verified}},
		"delivering":                 {step: StepDelivering, ev: Event{To: "a"}, from: OpState{Reached: Verified}, want: OpState{Delivering: []string{"a"}, Reached: Verified}},
		"delivered after that":       {step: StepDelivered, ev: Event{To: "a"}, from: OpState{Options: options, Delivering: []string{"b", "a"}}, want: OpState{Options: options, Delivered: []string{"a"}, Delivering: []string{"b"}}},
		"restoring":                  {step: StepRestoring, ev: Event{To: "a"}, from: OpState{Delivered: []string{"a", "b"}, Hooked: true, Until: start(), Reached: Grace}, want: OpState{Delivered: []string{"b"}, Restores: map[string]Restore{"a": {Had: true}}, Reached: Verified}},
		"restoring where it may be":  {step: StepRestoring, ev: Event{To: "a"}, from: OpState{Reached: Issued, Delivering: []string{"a"}}, want: OpState{Restores: map[string]Restore{"a": {}}, Reached: Issued, Delivering: []string{"a"}}},
		"restored":                   {step: StepRestored, ev: Event{To: "a", Stamp: "2"}, from: OpState{Delivering: []string{"b", "a"}, Restores: map[string]Restore{"a": {Had: true}}}, want: OpState{Delivering: []string{"b"}, Restores: map[string]Restore{"a": {Ended: true, Stamp: "2"}}}},
		"restoring it again":         {step: StepRestoring, ev: Event{To: "a"}, from: OpState{Restores: map[string]Restore{"a": {Ended: true, Stamp: "2"}}}, want: OpState{Restores: map[string]Restore{"a": {}}}},
		"delivered after a restore":  {step: StepDelivered, ev: Event{To: "a"}, from: OpState{Options: options, Restores: map[string]Restore{"a": {}, "b": {Had: true}}}, want: OpState{Options: options, Delivered: []string{"a"}, Restores: map[string]Restore{"b": {Had: true}}}},
		"delivering after a restore": {step: StepDelivering, ev: Event{To: "a"}, from: OpState{Restores: map[string]Restore{"a": {Ended: true, Stamp: "2"}}}, want: OpState{Delivering: []string{"a"}, Restores: map[string]Restore{"a": {}}}},
		"failed after a restore":     {step: StepFailed, ev: Event{To: "a"}, from: OpState{Restores: map[string]Restore{"a": {Ended: true}, "b": {Ended: true}}}, want: OpState{FailedTo: []string{"a"}, Restores: map[string]Restore{"a": {}, "b": {Ended: true}}}},
		"delivered to the first":     {step: StepDelivered, ev: Event{To: "a"}, from: OpState{Options: options, FailedTo: []string{"a", "b"}, Reached: Verified}, want: OpState{Options: options, Delivered: []string{"a"}, FailedTo: []string{"b"}, Reached: Verified}},
		"delivered with a stamp":     {step: StepDelivered, ev: Event{To: "a", Stamp: "2"}, from: OpState{Options: options, Reached: Verified, Stamps: map[string]string{"a": "1"}}, want: OpState{Options: options, Delivered: []string{"a"}, Stamps: map[string]string{"a": "2"}, Reached: Verified}},
		"delivered without one":      {step: StepDelivered, ev: Event{To: "a"}, from: OpState{Options: options, Reached: Verified, Stamps: map[string]string{"a": "1"}}, want: OpState{Options: options, Delivered: []string{"a"}, Stamps: map[string]string{}, Reached: Verified}},
		"delivered to the last":      {step: StepDelivered, ev: Event{To: "b"}, from: OpState{Options: options, Delivered: []string{"a"}}, want: OpState{Options: options, Delivered: []string{"a", "b"}, Reached: Delivered}},
		"shown":                      {step: StepDelivered, ev: Event{To: Shown}, want: OpState{Delivered: []string{Shown}, Reached: Delivered}},
		"missing":                    {step: StepMissing, ev: Event{To: "a"}, from: OpState{Delivered: []string{"a", "b"}, Hooked: true, Until: start(), Reached: Grace}, want: OpState{Delivered: []string{"b"}, Until: start(), Reached: Verified}},
		"hooking":                    {step: StepHooking, from: OpState{Reached: Delivered}, want: OpState{HookBegun: true, Reached: Delivered}},
		"hooked":                     {step: StepHooked, from: OpState{Options: options}, want: OpState{Options: options, Hooked: true, HookBegun: true, Reached: Hooked}},
		"the hook of a version without hooking failed": {step: StepFailed, ev: Event{At: "hook", Error: "why"}, want: OpState{HookBegun: true, Error: "why"}},
		"hooked, where none is":                        {step: StepHooked, want: OpState{Hooked: true, Reached: Hooked}},
		"grace":                                        {step: StepGrace, ev: Event{Until: start()}, want: OpState{Until: start(), Reached: Grace}},
		"retiring":                                     {step: StepRetiring, want: OpState{Retiring: true}},
		"retired":                                      {step: StepRetired, from: OpState{Retiring: true}, want: OpState{Retiring: true, Retired: true, Reached: Retired}},
		"aborting":                                     {step: StepAborting, ev: Event{Error: "why"}, want: OpState{Aborting: "why"}},
		"pending":                                      {step: StepPending, ev: Event{Error: "why"}, from: OpState{Reached: Issued}, want: OpState{Reached: Issued, Stopped: Pending, Error: "why"}},
		"unknown":                                      {step: StepUnknown, ev: Event{Error: "why"}, want: OpState{Stopped: Unknown, Error: "why"}},
		"a success after a failure":                    {step: StepVerified, from: OpState{Stopped: Pending, Error: "why"}, want: OpState{Verified: true, Reached: Verified}},
		"failed":                                       {step: StepFailed, ev: Event{Error: "why"}, from: OpState{Stopped: Pending, Error: "before"}, want: OpState{Stopped: Pending, Error: "why"}},
		"failed at a destination":                      {step: StepFailed, ev: Event{To: "a", Error: "why"}, from: OpState{FailedTo: []string{"b"}}, want: OpState{FailedTo: []string{"b", "a"}, Error: "why"}},
		"failed there again":                           {step: StepFailed, ev: Event{To: "a", Error: "why"}, from: OpState{FailedTo: []string{"a"}}, want: OpState{FailedTo: []string{"a"}, Error: "why"}},
		"options, another hook":                        {step: StepOptions, ev: Event{Options: &options}, from: OpState{Hooked: true, Stopped: Pending, Error: "why"}, want: OpState{Options: options, Stopped: Pending, Error: "why"}},
		"options, with a place":                        {step: StepOptions, ev: Event{Options: &options, Places: map[string]string{"b": "namespace x"}}, from: OpState{Options: options, Stamps: map[string]string{"a": "1"}}, want: OpState{Options: options, Stamps: map[string]string{"a": "1", "b": "namespace x"}}},
		"failed elsewhere":                             {step: StepFailed, ev: Event{To: "a", Error: "why"}, from: OpState{Stamps: map[string]string{"a": "AWS account 1"}}, want: OpState{FailedTo: []string{"a"}, Error: "why", Stamps: map[string]string{"a": "AWS account 1"}}},
		"delivered where it is":                        {step: StepDelivered, ev: Event{To: "a", Stamp: "AWS account 1"}, from: OpState{Options: options, Stamps: map[string]string{"a": "AWS account 1"}}, want: OpState{Options: options, Delivered: []string{"a"}, Stamps: map[string]string{"a": "AWS account 1"}}},
		"options, the same hook":                       {step: StepOptions, ev: Event{Options: &options}, from: OpState{Options: options, Hooked: true}, want: OpState{Options: options, Hooked: true}},
		"done":                                         {step: journal.Done, ev: Event{Error: "but"}, from: OpState{Reached: Retired}, want: OpState{Reached: Done, Error: "but"}},
		"aborted":                                      {step: journal.Aborted, ev: Event{Error: "why"}, from: OpState{Aborting: "why"}, want: OpState{Aborting: "why", Reached: Aborted, Error: "why"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.from
			require.NoError(t, got.Apply(entry(t, c.step, c.ev, c.with)))
			if len(got.FailedTo) == 0 { // an empty one is none
				got.FailedTo = nil
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAStepOfAnotherVersionIsAnError(t *testing.T) {
	s := OpState{}
	require.ErrorContains(t, s.Apply(journal.Entry{Step: "polished"}), `"polished"`)
	require.Error(t, s.Apply(journal.Entry{Step: StepVerified, Data: []byte(`{"until": 1}`)}))
}

func TestState(t *testing.T) {
	for want, s := range map[State]OpState{
		Verified: {Reached: Verified},
		Unknown:  {Reached: Verified, Stopped: Unknown},
		Pending:  {Reached: Verified, Aborting: "why"},
		Done:     {Reached: Done, Stopped: Unknown},
		Aborted:  {Reached: Aborted, Aborting: "why"},
	} {
		assert.Equal(t, want, s.State())
	}
}

func TestOnlyRetireLeft(t *testing.T) {
	ready := OpState{Strategy: Replace, Options: Options{To: []string{"a"}}, Verified: true, Hooked: true, Delivered: []string{"a"}}
	assert.True(t, ready.OnlyRetireLeft())
	for name, change := range map[string]func(*OpState){
		"in place":      func(s *OpState) { s.Strategy = Rotate },
		"not verified":  func(s *OpState) { s.Verified = false },
		"not hooked":    func(s *OpState) { s.Hooked = false },
		"not delivered": func(s *OpState) { s.Delivered = nil },
		"aborting":      func(s *OpState) { s.Aborting = "why" },
	} {
		s := ready
		change(&s)
		assert.False(t, s.OnlyRetireLeft(), name)
	}
}

func TestUnclear(t *testing.T) {
	for _, c := range []struct {
		s    OpState
		want bool
	}{
		{OpState{}, false},
		{OpState{Asked: true}, true},
		{OpState{Asked: true, Issued: true}, false},
		{OpState{Lost: true}, true},
		{OpState{Lost: true, Found: "x"}, false},
		{OpState{Lost: true, Found: "x", Asked: true}, true},
	} {
		assert.Equal(t, c.want, c.s.Unclear(), "%+v", c.s)
	}
}

func TestDestinations(t *testing.T) {
	s := OpState{Options: Options{To: []string{"a", "b", "c"}}, Delivered: []string{"b"}, FailedTo: []string{"c"}}
	assert.Equal(t, []DeliveryState{{To: "a", State: Pending}, {To: "b", State: Delivered}, {To: "c", State: Failed}}, s.Destinations())
	assert.Equal(t, []string{"a", "c"}, s.Undelivered())
	assert.Equal(t, []string{Shown}, (&OpState{}).Undelivered())
}

func TestReaches(t *testing.T) {
	kept := Subject{ID: "a", Profile: "p", Settings: map[string]string{"org": "acme"}, Bound: true}
	for _, c := range []struct {
		q    Subject
		want bool
	}{
		{Subject{ID: "a", Profile: "p", Settings: map[string]string{"org": "acme", "more": "x"}}, true},
		{Subject{ID: "b", Profile: "p", Settings: map[string]string{"org": "acme"}}, false},
		{Subject{ID: "a", Profile: "q", Settings: map[string]string{"org": "acme"}}, false},
		{Subject{ID: "a", Profile: "p", Settings: map[string]string{"org": "other"}}, false},
		{Subject{ID: "a", Profile: "p"}, false},
	} {
		assert.Equal(t, c.want, kept.Reaches(c.q), "%+v", c.q)
	}
	assert.True(t, Subject{ID: "a", Settings: map[string]string{"org": "acme"}}.Reaches(Subject{ID: "a", Profile: "any"}), "one that is not bound")
}

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// TestIssuedIsAddedLater: what was issued counts in full after steps that another host has
// added before it.
func TestIssuedIsAddedLater(t *testing.T) {
	moved := Subject{Adjustable: map[string]string{"endpoint": "b"}}
	s := &OpState{Asked: true, Strategy: Replace, Old: provider.Credential{ID: "old", Endpoint: "https://a"}}
	for _, e := range []journal.Entry{
		entry(t, StepLost, Event{}, nil), entry(t, StepPending, Event{Error: "wait"}, nil),
		entry(t, StepOptions, Event{Subject: &moved, Endpoint: "https://b"}, nil),
		entry(t, StepFailed, Event{Error: "no"}, nil), entry(t, StepUnknown, Event{Error: "who knows", Unclear: []string{"new"}}, nil),
		entry(t, StepIssued, Event{New: &provider.Credential{Endpoint: "https://a"}}, func(e *journal.Entry) { e.NewID = "new" }),
	} {
		require.NoError(t, s.Apply(e))
	}
	assert.True(t, s.Issued)
	assert.False(t, s.Unclear())
	assert.Empty(t, s.Stopped)
	assert.Empty(t, s.Error)
	assert.Equal(t, Issued, s.Reached)
	assert.Equal(t, provider.Credential{ID: "new", Endpoint: "https://b"}, s.New, "where a later run uses it")

	require.NoError(t, s.Apply(entry(t, StepIntent, Event{}, nil)))
	require.NoError(t, s.Apply(entry(t, StepIssued, Event{New: &provider.Credential{Endpoint: "https://c"}}, nil)))
	assert.Equal(t, "https://c", s.New.Endpoint, "of a request that was sent after it")
}

// TestAnEntryWithoutItsCredential: a journal that another program wrote, or a bug, is reported
// and does not stop what else reads it.
func TestAnEntryWithoutItsCredential(t *testing.T) {
	old := &provider.Credential{ID: "old"}
	for step, ev := range map[journal.Step]Event{StepIssued: {Old: old}, StepSecret: {Old: old}, StepIntent: {Subject: &Subject{ID: "old"}}} {
		before := OpState{Issued: step == StepSecret, New: provider.Credential{ID: "new"}}
		s := before
		require.Error(t, s.Apply(entry(t, step, ev, nil)), step)
		assert.Equal(t, before, s, "nothing of it counts")
	}
	op := &journal.Operation{ID: "o", Entries: []journal.Entry{
		{Seq: 1, Time: start(), Step: StepIntent, Provider: "acme", Kind: "key", OldID: "old"}, {Seq: 2, Time: start().Add(time.Hour), Step: StepIssued, NewID: "new"},
	}}
	status, err := StatusOf(journal.Index{}, op)
	require.NoError(t, err)
	assert.Equal(t, Status{
		Operation: "o", Provider: "acme", Kind: "key", ID: "old", OldID: "old", NewID: "new", State: Unknown,
		Started: start(), Updated: start().Add(time.Hour),
		Error: "operation o: entry 2 is not one of this version of credctl: its credential is missing",
	}, status)
}
