package sarif

import "strconv"

// score is a score as GitHub reads it.
func score(s float64) string { return strconv.FormatFloat(s, 'f', 1, 64) }

// These are the objects of SARIF that are written.
type (
	log struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}
	run struct {
		Tool        tool         `json:"tool"`
		Automation  automation   `json:"automationDetails"`
		Columns     string       `json:"columnKind"`
		Invocations []invocation `json:"invocations"`
		Results     []result     `json:"results"`
	}
	tool struct {
		Driver driver `json:"driver"`
	}
	driver struct {
		Name        string `json:"name"`
		Version     string `json:"version,omitempty"`
		Information string `json:"informationUri"`
		Rules       []rule `json:"rules"`
	}
	rule struct {
		ID         string        `json:"id"`
		Name       string        `json:"name"`
		Short      message       `json:"shortDescription"`
		Full       message       `json:"fullDescription"`
		Help       message       `json:"help"`
		Default    configuration `json:"defaultConfiguration"`
		Properties properties    `json:"properties"`
	}
	configuration struct {
		Level string `json:"level"`
	}
	properties struct {
		Severity  string   `json:"security-severity,omitempty"` // notes have none
		Tags      []string `json:"tags"`
		Precision string   `json:"precision"`
	}
	message struct {
		Text string `json:"text"`
	}
	automation struct {
		ID string `json:"id"`
	}
	invocation struct {
		Successful    bool           `json:"executionSuccessful"`
		Notifications []notification `json:"toolExecutionNotifications,omitempty"`
	}
	notification struct {
		Level   string  `json:"level"`
		Message message `json:"message"`
	}
	result struct {
		Rule         string            `json:"ruleId"`
		Level        string            `json:"level"`
		Message      message           `json:"message"`
		Locations    []location        `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Suppressions []suppression     `json:"suppressions,omitempty"`
	}
	location struct {
		Physical physical `json:"physicalLocation"`
	}
	physical struct {
		Artifact artifact `json:"artifactLocation"`
		Region   region   `json:"region"`
	}
	artifact struct {
		URI string `json:"uri"`
	}
	region struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	suppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)
