package awssm

import (
	"errors"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// failure reads {"__type": …, "message": …}.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
func failure(_ int, body []byte) rest.Failure {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Capital string `json:"Message"`
	}
	_ = vendorjson.Read(body, &said) // what cannot be read says nothing
	f := rest.Failure{Code: said.Type[strings.LastIndexByte(said.Type, '#')+1:], Message: said.Message + said.Capital}
	switch f.Code {
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException", "IncompleteSignatureException",
		"MissingAuthenticationTokenException", "InvalidClientTokenId", "DecryptionFailure", "EncryptionFailure":
		f.Class = provider.ErrDenied
	case "ResourceNotFoundException":
		f.Class = provider.ErrNotFound
	case "ResourceExistsException":
		f.Class = entry.ErrChanged
	case "InvalidRequestException":
		f.Class = provider.ErrRefused
	case "LimitExceededException":
		f.Class = provider.ErrConflict
	case "ThrottlingException":
		f.Class = provider.ErrRateLimited
	}
	return f
}

// notYet waits out a refusal for the rate, which has the status 400 here.
func notYet(e *provider.Error) (time.Duration, bool) {
	return time.Second, e.Code == "ThrottlingException"
}

// named is how the AWS command line finds s, after --secret-id or --name.
func (s *secret) named() string {
	if s.region == "" {
		return s.id
	}
	return s.id + " --region " + s.region
}

// Remaking says how a secret that was deleted is made again: with a value, without which it
// does not count.
func (s *secret) Remaking() string {
	if strings.HasPrefix(s.id, "arn:") {
		return "abort the rotation with --force (a secret that is created again has another ARN)"
	}
	value := "'{}'"
	if s.bare {
		value = "none"
	}
	return "create it again: aws secretsmanager create-secret --name " + s.named() + " --secret-string " + value
}

// advise says what a refusal asks for.
func advise(s *secret, err error) error {
	answer, answered := errors.AsType[*provider.Error](err)
	if !answered {
		return err
	}
	switch answer.Code {
	case "AccessDeniedException":
		return provider.Hint(err, "allow secretsmanager:GetSecretValue, DescribeSecret, PutSecretValue and, for a new secret, CreateSecret")
	case "DecryptionFailure", "EncryptionFailure":
		return provider.Hint(err, "allow kms:Decrypt and kms:GenerateDataKey on the key of the secret")
	case "InvalidRequestException":
		if strings.Contains(answer.Message, "for deletion") {
			return provider.Hint(err, "restore the secret: aws secretsmanager restore-secret --secret-id %s", s.named())
		}
	case "ResourceNotFoundException":
		return provider.Hint(err, "check the name, the region and the account")
	}
	if errors.Is(err, provider.ErrDenied) {
		return provider.Hint(err, "log in to AWS again, and check that AWS_ACCESS_KEY_ID belongs to the right account")
	}
	return err
}
