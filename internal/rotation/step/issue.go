package step

import (
	"context"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/rotation/issue"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func describeIssue(r *run.Run) []string {
	s := r.Op
	if s.ID == "" {
		return []string{map[oplog.Strategy]string{
			oplog.Replace:  fmt.Sprintf("create another %s named %q, with the same rights; %s lives on", s.Subject.Kind, s.Name, s.Subject.ID),
			oplog.Rotate:   fmt.Sprintf("rotate %s by the vendor's own route", s.Subject.ID),
			oplog.Generate: "generate a new secret for " + s.Subject.ID,
		}[s.Strategy]}
	}
	return slices.Concat(
		Line(s.Orphan != "", "revoke %s, which a lost request made", s.Orphan),
		Line(s.Unclear(), "look what became of the request that an earlier run sent"),
		Line(s.Found == "", "issue the new one"),
		Line(s.Found != "", "rotate %s, whose secret nobody has", s.Found),
	)
}

// checkRead reads the credential that an operation which has begun is about now.
func checkRead(ctx context.Context, r *run.Run) []Check {
	if r.Op.ID == "" {
		return nil
	}
	id := r.Op.Subject.ID
	if r.Op.Issued {
		id = r.Op.New.ID
	}
	_, err := run.Get(ctx, r.Service, id)
	if r.Op.Unclear() && run.Gone(err) { // what is to be found out may be why
		err = nil
	}
	return []Check{Checked("read "+id, err)}
}

func describeSecret(r *run.Run) []string {
	return Line(r.Op.Issued && issue.TakesSupplied(r), "keep the secret that was given")
}
