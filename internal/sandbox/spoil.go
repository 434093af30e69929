package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
)

// instead is the answer of a fault that lets nothing happen.
func (h *host) instead(f Fault) answer {
	switch f.Kind {
	case HTML:
		return answer{
			status: http.StatusOK, body: []byte("<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form action=\"/login\"></form></body></html>\n"),
			header: map[string]string{"Content-Type": "text/html; charset=utf-8"},
		}
	case Redirect:
		return answer{status: http.StatusFound, header: map[string]string{"Location": "https://login.example.com/?return=" + h.name}}
	case CutBefore:
		return answer{}
	}
	if slices.Contains(s3Kinds, f.Kind) {
		return impostor(f.Kind)
	}
	return h.vendor.refuse(f.Status, "")
}

// spoil does to an answer what the fault wants.
func (h *host) spoil(f Fault, a answer) answer {
	body := encode(a.body)
	switch {
	case f.Kind == "" && f.After:
		refusal := h.vendor.refuse(f.Status, "")
		refusal.id, refusal.committed = a.id, a.committed
		a = refusal
	case a.status >= http.StatusMultipleChoices:
	case f.Kind == Truncate:
		a.body = body[:len(body)/2]
	case f.Kind == Garbage:
		a.body = []byte("\x1f\x8b\x08 upstream connect error or disconnect/reset before headers")
	case f.Kind == NoSecret:
		a.body = without(body, a.secret)
	}
	if f.RetryAfter != "" {
		a.header = maps.Clone(a.header)
		if a.header == nil {
			a.header = map[string]string{}
		}
		a.header["Retry-After"] = f.RetryAfter
	}
	return a
}

// endless begins as the answer would, and gets lost in its first name.
func endless(w io.Writer, body []byte) {
	start := []byte(`{"data":"`)
	if before, _, found := bytes.Cut(body, []byte(`"name":"`)); found {
		start = append(slices.Clip(before), `"name":"`...)
	}
	filler := bytes.Repeat([]byte("a"), 32<<10)
	_, err := w.Write(start)
	for err == nil {
		_, err = w.Write(filler)
	}
}

// without is a JSON body without the members that hold the secret.
func without(body []byte, secret string) []byte {
	var v any
	if secret == "" || json.Unmarshal(body, &v) != nil {
		return body
	}
	return encode(prune(v, secret))
}

func prune(v any, secret string) any {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			if member == secret {
				delete(v, k)
			} else {
				v[k] = prune(member, secret)
			}
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i], secret)
		}
	}
	return v
}
