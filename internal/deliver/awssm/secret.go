package awssm

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

const (
	largest = 65536 // bytes of a secret
	repeats = 3     // of a request whose answer was lost, or that another program has overtaken
)

// A secret is one secret of the Secrets Manager.
type secret struct {
	client *rest.Client
	id     string // its name, or its ARN
	bare   bool   // it is one value, and no object
	region string

	object entry.Object // of the last Get
	within string       // as in [entry.Located]
}

// described is what DescribeSecret tells.
type described struct {
	Rotation bool                `json:"RotationEnabled"`
	Owner    string              `json:"OwningService"`
	Versions map[string][]string `json:"VersionIdsToStages"`
}

// with returns the version of that stage, or "".
func (d described) with(stage string) string {
	for id, stages := range d.Versions {
		if slices.Contains(stages, stage) {
			return id
		}
	}
	return ""
}

func call[T any](ctx context.Context, s *secret, operation string, body map[string]any) (T, error) {
	out, err := rest.Do[T](ctx, s.client, rest.Request{
		Method: http.MethodPost, Path: "/", Body: body, RetryFor: 30 * time.Second,
		ReadOnly: operation == "DescribeSecret" || operation == "GetSecretValue",
		Header:   http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"secretsmanager." + operation}},
	})
	if err != nil {
		err = advise(s, fmt.Errorf("%s: %w", operation, err))
	}
	return out, err
}

type value struct {
	ARN     string          `json:"ARN"`
	Version string          `json:"VersionId"`
	Text    provider.Secret `json:"SecretString"`
	Binary  provider.Secret `json:"SecretBinary"`
}

func (s *secret) Get(ctx context.Context) (entry.Entry, error) {
	s.object, s.within = nil, ""
	v, err := call[value](ctx, s, "GetSecretValue", map[string]any{"SecretId": s.id})
	if errors.Is(err, provider.ErrNotFound) {
		s.within = entry.Nowhere
		return entry.Entry{}, nil // it is created, or Check finds that it has no value
	}
	if err != nil {
		return entry.Entry{}, err
	}
	s.within = account(v.ARN)
	if v.Version == "" {
		return entry.Entry{}, errors.New("the answer has no version of the secret")
	}
	e := entry.Entry{Exists: true, Version: v.Version}
	if !v.Binary.IsZero() {
		return e, provider.Hint(provider.WithClass(provider.ErrRefused, errors.New("the secret is binary")), "choose another secret")
	}
	if s.bare {
		e.Values = entry.Values{"": v.Text}
		return e, nil
	}
	object, ok := entry.ParseObject(v.Text)
	if !ok && !v.Text.IsZero() {
		return e, provider.Hint(provider.WithClass(provider.ErrRefused, errors.New("the secret is text, not a JSON object that a value can be added to")),
			"choose another secret, or replace the text with field=secret and no key")
	}
	s.object, e.Values = object, object.Values()
	return e, nil
}

// Check demands that the secret can be described, and that nobody else rotates it.
// Whether a value may be put is not told.
func (s *secret) Check(ctx context.Context, _ entry.Entry, _ []string) error {
	d, err := call[described](ctx, s, "DescribeSecret", map[string]any{"SecretId": s.id})
	switch {
	case errors.Is(err, provider.ErrNotFound) && !strings.HasPrefix(s.id, "arn:"):
		return nil
	case err != nil:
		return err
	case d.Owner != "":
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("the secret is managed by %s", d.Owner)), "choose another secret")
	case d.Rotation:
		return provider.Hint(provider.WithClass(provider.ErrRefused, errors.New("AWS rotates the secret itself, and would overwrite the value")),
			"run: aws secretsmanager cancel-rotate-secret --secret-id %s", s.named())
	}
	return nil
}

// Put sets the values. The service has no check-and-set: the version before ours
// tells afterwards whether another program has written in between, whose values are
// then put again with ours.
func (s *secret) Put(ctx context.Context, e entry.Entry, values entry.Values) error {
	object, base := s.object, e.Version
	for range repeats {
		text := values[""]
		if !s.bare {
			object = object.With(values)
			text = object.Text()
		}
		if err := (entry.Values{s.id: text}).Fits(largest, "AWS Secrets Manager"); err != nil {
			return err
		}
		ours, err := s.put(ctx, base, text)
		if err != nil || base == "" {
			return err
		}
		d, err := call[described](ctx, s, "DescribeSecret", map[string]any{"SecretId": s.id})
		if err != nil {
			return err
		}
		before := d.with("AWSPREVIOUS")
		switch {
		case d.with("AWSCURRENT") != ours:
			return entry.ErrChanged
		case before == base || base == ours:
			return nil
		case s.bare:
			return provider.WithClass(provider.ErrConflict, errors.New("another program set the secret at the same time, and credctl replaced its value"))
		}
		v, err := call[value](ctx, s, "GetSecretValue", map[string]any{"SecretId": s.id, "VersionId": before})
		if err != nil {
			return err
		}
		object, _ = entry.ParseObject(v.Text)
		base = ours
	}
	return provider.Hint(entry.ErrChanged, "stop the other program that writes to the secret, then run the command again")
}

// put stores a value and returns its version. The request names the version itself,
// so that it can be repeated for free when an answer is lost.
func (s *secret) put(ctx context.Context, base string, text provider.Secret) (version string, err error) {
	operation, body := "PutSecretValue", map[string]any{"SecretId": s.id, "SecretString": text, "ClientRequestToken": token(s.id, base, text)}
	if base == "" {
		operation = "CreateSecret"
		delete(body, "SecretId")
		body["Name"] = s.id
	}
	for range repeats {
		var answer value
		answer, err = call[value](ctx, s, operation, body)
		version, s.within = answer.Version, account(answer.ARN)
		if !errors.Is(err, provider.ErrUnknown) || ctx.Err() != nil {
			break
		}
	}
	return version, err
}

// token returns a UUID that is the same for the same value on top of the same
// version. It is keyed with the value, so that nobody learns anything from it.
func token(id, base string, text provider.Secret) string {
	h := hmac.New(sha256.New, []byte(text.Reveal()))
	fmt.Fprintf(h, "credctl %s %s", id, base)
	b := h.Sum(nil)
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8: of the maker's own making
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
