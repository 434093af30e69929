package sandbox

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

const (
	losantApplication = "66a0c0de5eed000000000001"
	losantUser        = "66a0c0de5eed0000000000aa"
	losantFlow        = "66a0c0de5eed0000000000f1"
)

var losantFounded = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func newLosant(s *Sandbox) (*losant, error) {
	v := &losant{s: s, byID: map[string]*losantCredential{}, byName: map[string]*losantCredential{}}
	seeds := seededSource("losant")
	add := func(id, name, kind string, month time.Month, day int, config map[string]any) *losantCredential {
		at := time.Date(2026, month, day, 11, 20, 0, 0, time.UTC)
		k := &losantCredential{id: id, name: name, kind: kind, enabled: true, config: config, by: "user", created: at, updated: at, seeded: true}
		k.shown = v.derive(k, config)
		v.insert(k)
		return k
	}
	for i := range s.opts.Count {
		k := add(fmt.Sprintf("%024x", i+1), fmt.Sprintf("seed-%06d", i+1), "aws", 1, 5,
			map[string]any{"accessKeyId": seeds.text(20, upper), "secretAccessKey": seeds.text(40, alnum), "region": "eu-west-1"})
		k.created = losantFounded.Add(time.Duration(i) * time.Millisecond)
		k.updated = k.created
	}
	certificate, key, err := exampleCertificate()
	if err != nil {
		return nil, err
	}
	add("66a0c0de5eed0000000000c1", "archive-s3", "aws", 1, 12, map[string]any{"accessKeyId": seeds.text(20, upper), "secretAccessKey": seeds.text(40, alnum), "region": "eu-west-1"})
	add("66a0c0de5eed0000000000c2", "erp-api", "http", 2, 3, map[string]any{"uriMatch": "https://erp.example.com/api/", "authMethod": "header", "publicValue": "Authorization", "secretValue": "Bearer " + seeds.text(40, alnum)})
	add("66a0c0de5eed0000000000c3", "warehouse", "sql", 3, 17, map[string]any{"system": "pg", "host": "db.example.com", "port": 5432.0, "username": "plant", "password": seeds.text(24, alnum), "secureConnection": true})
	add("66a0c0de5eed0000000000c4", "reporting", "snowflake", 6, 22, map[string]any{"host": "acme.snowflakecomputing.com", "username": "REPORTING", "privateKey": key})
	add("66a0c0de5eed0000000000c5", "mqtt-client", "certificateKeyPair", 7, 1, map[string]any{"certificate": certificate, "privateKey": key}).enabled = false
	v.links = []losantLink{
		{"warehouse", "integrations", "66a0c0de5eed0000000000e1", "Orders queue"},
		{"warehouse", "flows", losantFlow, "Nightly export"},
		{"warehouse", "flowVersions", "66a0c0de5eed0000000000f2", "v1.2.0"},
	}
	return v, nil
}

// exampleCertificate is the same in every run: ed25519 signatures have no randomness.
func exampleCertificate() (certificate, key string, err error) {
	seed := sha256.Sum256([]byte("losant example certificate"))
	private := ed25519.NewKeyFromSeed(seed[:])
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x5eed_2026), Subject: pkix.Name{CommonName: "mqtt-client.example.com"},
		NotBefore: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(nil, template, template, private.Public(), private)
	if err != nil {
		return "", "", fmt.Errorf("sandbox: example certificate: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), privatePEM(private), nil
}
