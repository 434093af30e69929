package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// medianovaPlace is where an answer to a create has a secret it should not have.
type medianovaPlace struct {
	parents []string // "data", "data[0]", "credential", ...
	member  string
	access  bool   // it is the access key that goes there
	mask    string // in place of the value
}

// parseMedianovaPlaces reads Options.MedianovaSecret.
func parseMedianovaPlaces(text string) ([]medianovaPlace, error) {
	var places []medianovaPlace
	for field := range strings.SplitSeq(text, ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		path, mask, _ := strings.Cut(field, "=")
		parents := strings.Split(path, ".")
		p := medianovaPlace{parents: parents[:len(parents)-1], member: parents[len(parents)-1], mask: mask}
		name := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(p.member))
		if slices.Contains(parents, "") || !strings.Contains(name, "secret") && !strings.Contains(name, "access") && !strings.Contains(name, "key") {
			return nil, fmt.Errorf("sandbox: MedianovaSecret %q: want a path such as data.secret_key", field)
		}
		p.access = !strings.Contains(name, "secret")
		places = append(places, p)
	}
	return places, nil
}

// put adds the secrets to the body of a create.
func (p medianovaPlace) put(body map[string]any, k *medianovaCredential) {
	value := k.secret
	switch {
	case p.mask != "":
		value = p.mask
	case p.access:
		value = k.access
	}
	at := body
	for _, parent := range p.parents {
		name, listed := strings.CutSuffix(parent, "[0]")
		next, ok := at[name].(map[string]any)
		if list, isList := at[name].([]any); isList {
			next, ok = list[0].(map[string]any)
		}
		if !ok {
			next = map[string]any{}
			at[name] = next
		}
		if listed {
			at[name] = []any{next}
		}
		at = next
	}
	at[p.member] = value
}
