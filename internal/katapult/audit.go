package katapult

// TooBroad says what a key may do beyond one purpose, for an audit.
func (r *record) TooBroad() string {
	if r.ObjectsWrite {
		return "may write all objects in all buckets"
	}
	return ""
}
