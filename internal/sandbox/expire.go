package sandbox

import "time"

// Expire sets when a Stratum key expires, which no route of its API does. It reports
// whether there is such a key.
func (s *Sandbox) Expire(id string, at time.Time) bool {
	s.stratum.Lock()
	defer s.stratum.Unlock()
	k := s.stratum.byID[id]
	if k != nil {
		k.expires, k.encoded = &at, nil
	}
	return k != nil
}
