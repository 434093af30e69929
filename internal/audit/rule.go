package audit

import "slices"

// A Rule is one thing that an audit finds. What describes it is data; exactly one of
// judge and inspect finds it.
type Rule struct {
	ID      string // frozen
	Name    string
	Title   string // what it finds, as a sentence without a full stop
	Help    string // why it matters, and what to do
	Score   float64
	Note    bool     // it needs no action, and has no score to others
	Anchors []string // what it supports, each with its version
	Needs   string   // "policy" or "inventory": it is judged only with that file

	judge   func(s *Subject) *Verdict     // of a credential; nil: nothing found
	inspect func(a *Auditor) []*inspected // of what is not listed, when the list has ended
}

// Severity is that of a finding whose verdict has no score of its own.
func (r Rule) Severity() Severity {
	if r.Note {
		return Note
	}
	return severityOf(r.Score)
}

// Rules is the table of all rules, in the order of their IDs. Help, documentation and
// reports are made from it.
func Rules() []Rule {
	return []Rule{
		{
			ID: "CRD001", Name: "too-old", Score: 7.5, judge: tooOld,
			Title:   "The credential is older than its policy allows, or than 90 days",
			Help:    "The longer a credential is in use, the more copies of it exist. Rotate it. At twice the allowed age the finding is critical. Without a creation date the age is counted from when credctl first saw the credential.",
			Anchors: []string{"CIS AWS Foundations v3.0 1.14 (by analogy)", "NIST SP 800-53 r5 IA-5(f)", "PCI DSS 4.0.1 8.6.3"},
		},
		{
			ID: "CRD002", Name: "expired-present", Score: 3.0, judge: expiredPresent,
			Title: "The credential has expired and is still listed", Help: "It no longer works. Delete it, so that the list shows what is in use.",
			Anchors: []string{"NIST SP 800-53 r5 AC-2(3)(a)"},
		},
		{
			ID: "CRD003", Name: "expires-soon", Score: 5.0, judge: expiresSoon,
			Title: "The credential expires within 14 days, and no policy rotates it before then", Help: "Clients stop working when it expires. Rotate it before then. Within 3 days the finding is high. CRD017 checks certificates.",
		},
		{
			ID: "CRD004", Name: "never-expires", Score: 3.5, judge: neverExpires,
			Title: "The vendor supports an expiry, and the credential has none", Help: "A leaked credential without an expiry works until somebody deletes it. Replace it with one that expires.",
			Anchors: []string{"NIST SP 800-53 r5 IA-5(f)"},
		},
		{
			ID: "CRD005", Name: "unused", Score: 5.0, judge: unused,
			Title: "The credential was last used more than 45 days ago", Help: "Nobody notices when an unused credential is misused. Find its owner, then delete it. Credentials are skipped where the vendor does not report the last use.",
			Anchors: []string{"CIS AWS Foundations v3.0 1.12 (by analogy)", "CIS Controls v8 5.3", "NIST SP 800-53 r5 AC-2(3)(d)"},
		},
		{
			ID: "CRD006", Name: "never-used", Score: 3.9, judge: neverUsed,
			Title: "The credential has existed for 45 days and was never used", Help: "Delete it, or deliver it to whoever should use it. It is checked only where the vendor reliably records each use.",
			Anchors: []string{"CIS AWS Foundations v3.0 1.12 (by analogy)", "NIST SP 800-53 r5 AC-2(3)(d)"},
		},
		{
			ID: "CRD007", Name: "two-active", Score: 5.5, judge: twoActive,
			Title: "The credential was replaced, and still works", Help: "Its rotation has ended, so it will not be deleted automatically. Delete it.",
			Anchors: []string{"CIS AWS Foundations v3.0 1.13 (by analogy)"},
		},
		{
			ID: "CRD008", Name: "too-broad", Score: 6.0, judge: tooBroad,
			Title: "The credential may do more than one purpose needs", Help: "Replace it with one that is limited to the buckets, the tenant or the role that its clients need.",
			Anchors: []string{"CIS AWS Foundations v3.0 1.16 (by analogy)", "NIST SP 800-53 r5 AC-6"},
		},
		{
			ID: "CRD009", Name: "unowned", Score: 3.0, Needs: "inventory", judge: unowned,
			Title: "The inventory has no owner, purpose or review date, or the review is overdue", Help: "Add the missing values to the inventory. After a review, set the next date.",
			Anchors: []string{"CIS Controls v8 5.5", "NIST SP 800-53 r5 IA-4 (by analogy)"},
		},
		{
			ID: "CRD010", Name: "unmanaged", Score: 2.0, Note: true, Needs: "policy", judge: unmanaged,
			Title: "The credential is in no policy and not in the inventory", Help: "Add it to the policy, which rotates it, or to the inventory.",
			Anchors: []string{"CIS Controls v8 5.1", "NIST SP 800-53 r5 CM-8(a)"},
		},
		{
			ID: "CRD011", Name: "retire-overdue", Score: 9.1, inspect: retireOverdue,
			Title: "The old credential of a rotation should have been deleted", Help: "Its grace period is over, or the deletion failed, and it may still work. Resume the rotation.",
			Anchors: []string{"NIST SP 800-53 r5 IA-5(d)"},
		},
		{
			ID: "CRD012", Name: "unknown-age", Score: 1.0, Note: true, judge: unknownAge,
			Title: "The vendor does not report when the credential was created", Help: "Its age is counted from when credctl first saw it, and is at least that. Rotate it once to know its age.",
		},
		{
			ID: "CRD013", Name: "stuck-rotation", Score: 8.0, inspect: stuckRotation,
			Title: "A rotation has been unfinished for more than 24 hours", Help: "Run `credctl rotation show`, fix the cause that it names, and resume the rotation.",
			Anchors: []string{"PCI DSS 4.0.1 8.6.3"},
		},
		{
			ID: "CRD014", Name: "changed-behind", Score: 7.0, judge: changedBehind,
			Title: "The credential, or a destination of its secret, was changed after credctl rotated it", Help: "Somebody changed it outside credctl. A destination may hold a different secret. Deliver the secret again with `credctl deliver`, or rotate the credential.",
			Anchors: []string{"NIST SP 800-53 r5 CM-6 (by analogy)"},
		},
		{
			ID: "CRD015", Name: "duplicate-name", Score: 1.0, Note: true, judge: duplicateName,
			Title: "Another credential of the same kind has the same name", Help: "Commands with --name cannot tell them apart. Rename or delete one of them.",
		},
		{
			ID: "CRD016", Name: "inline-secret", Score: 5.0, judge: inlineSecret,
			Title: "Everybody who can list the credential can read its secret", Help: "The vendor returns the secret in its listing. Rotate it, and restrict who can list it.",
		},
		{
			ID: "CRD017", Name: "cert-failing", Score: 6.0, judge: certFailing,
			Title: "The certificate expires within 30 days, or could not be issued", Help: "Renew it.",
			Anchors: []string{"PCI DSS 4.0.1 4.2.1.1"},
		},
		{
			ID: "CRD018", Name: "exception-expired", Score: 3.0, Needs: "inventory", inspect: exceptionExpired,
			Title: "An exception has ended, or matches nothing", Help: "Remove it from the inventory, or fix the finding. An exception that ended has the severity of its rule.",
		},
		{
			ID: "CRD019", Name: "leaked", Score: 9.5, judge: leaked,
			Title: "A report of a leak scanner contains the credential", Help: "Rotate it now with --in-place or without a grace period, then remove it from where the scanner found it.",
		},
		{
			ID: "CRD020", Name: "journal-unreadable", Score: 8.0, inspect: journalUnreadable,
			Title: "An entry of the rotation journal cannot be read", Help: "The state of its rotation is unknown, and credctl does not continue it. Look at the file and at the vendor, then move the file away.",
		},
	}
}

// Find returns the rule with this ID.
func Find(id string) (Rule, bool) {
	all := Rules()
	i := slices.IndexFunc(all, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return all[i], true
}
