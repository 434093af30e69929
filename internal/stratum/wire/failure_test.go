package wire

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/provider/rest"
)

const issues = `[{"code":"invalid_string","message":"Invalid uuid","path":["tenant_id"]},{"message":"Expected string","path":["list",0,"name"]},{"message":"Required","path":[]}]`

func TestFailure(t *testing.T) {
	const said = "tenant_id: Invalid uuid; list.0.name: Expected string; Required"
	for body, want := range map[string]rest.Failure{
		`{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body"},"details":` + issues + `}`:                                                          {Code: "VALIDATION_ERROR", Message: "Invalid request body: " + said},
		`{"error":{"code":"VALIDATION_ERROR","message":"Validation failed","issues":` + issues + `}}`:                                                              {Code: "VALIDATION_ERROR", Message: "Validation failed: " + said},
		`{"error":{"code":"VALIDATION_ERROR","message":"Validation failed","details":{"issues":` + issues + `},"issues":` + issues + `},"details":` + issues + `}`: {Code: "VALIDATION_ERROR", Message: "Validation failed: " + said},
		`{"error":{"code":"VALIDATION_ERROR","issues":` + issues + `}}`:                                                                                            {Code: "VALIDATION_ERROR", Message: said},
		`{"error":{"code":"TENANT_ARCHIVED","message":"Archived","details":{"tenant_id":"x"}}}`:                                                                    {Code: "TENANT_ARCHIVED", Message: "Archived"},
		`{"error":{"code":"NOT_FOUND","message":"API key not found or already revoked"}}`:                                                                          {Code: "NOT_FOUND", Message: "API key not found or already revoked", Absent: true},
		`{"statusCode":404,"error":"Not Found","message":"Route not found"}`:                                                                                       {Message: "Route not found"},
		`{"secret":"x"}`: {}, `<html>`: {}, ``: {}, `[]`: {}, `{"error":null}`: {}, `{"error":[1]}`: {},
	} {
		assert.Equal(t, want, Failure(400, []byte(body)), body)
	}
}

func FuzzFailure(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"VALIDATION_ERROR","message":"m","issues":` + issues + `},"details":` + issues + `}`))
	f.Add([]byte(`{"error":{"details":{"issues":[{"path":[{}]}]}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		assert.False(t, Failure(200, body).Failed)
	})
}
