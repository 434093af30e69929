package service

import "time"

// Certificate is the type of credentials that hold a certificate and its key.
const Certificate = "certificateKeyPair"

// Date reads a time of Losant. One that cannot be read is unknown.
func Date(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
