// Package prom writes metrics in the text format of Prometheus, to a file that the
// textfile collector of node_exporter reads.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
// https://github.com/prometheus/node_exporter#textfile-collector
package prom

// A Name is one of the metrics of credctl. Each has one help text in every file, as
// the collector demands.
type Name string

// The metrics. Times are Unix seconds, and what is not known has no sample.
const (
	Build         Name = "credctl_build_info"
	RunTime       Name = "credctl_run_timestamp_seconds"
	RunSuccess    Name = "credctl_run_success"
	LastSuccess   Name = "credctl_last_success_timestamp_seconds"
	ProviderUp    Name = "credctl_provider_up"
	Info          Name = "credctl_credential_info"
	Created       Name = "credctl_credential_created_timestamp_seconds"
	Expires       Name = "credctl_credential_expires_timestamp_seconds"
	LastUsed      Name = "credctl_credential_last_used_timestamp_seconds"
	RotationDue   Name = "credctl_rotation_due_timestamp_seconds"
	RotationState Name = "credctl_rotation_state"
	Findings      Name = "credctl_findings"
)

// help is in the order in which the metrics are written.
func help() []struct {
	name Name
	text string
} {
	return []struct {
		name Name
		text string
	}{
		{Build, "Version of credctl; always 1."},
		{RunTime, "When the last run ended."},
		{RunSuccess, "1 if the last run succeeded, 0 if it did not."},
		{LastSuccess, "When the last successful run ended."},
		{ProviderUp, "1 if the vendor could be listed, 0 if it could not."},
		{Info, "A credential that is in use; always 1."},
		{Created, "When the credential was created."},
		{Expires, "When the credential expires."},
		{LastUsed, "When the credential was last used."},
		{RotationDue, "When the credential is due for rotation."},
		{RotationState, "State of the rotation of a credential; always 1."},
		{Findings, "Number of findings of the audit."},
	}
}
