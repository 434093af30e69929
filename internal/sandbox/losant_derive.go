package sandbox

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a fingerprint as Losant shows it
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
)

// derive makes the read-only fields of a config that was just given, and the key
// pair where one was asked for.
func (v *losant) derive(k *losantCredential, given map[string]any) map[string]any {
	generate := given["generatePrivateKey"] == true
	delete(k.config, "generatePrivateKey")
	switch k.kind {
	case "gcp":
		text, _ := k.config["keyJson"].(string)
		return map[string]any{"keyMetaJson": keyMeta(text)}
	case "snowflake":
		if generate {
			k.config["privateKey"] = newRSA()
		}
		text, _ := k.config["privateKey"].(string)
		return map[string]any{"publicKey": publicPEM(text)}
	case "git":
		if generate {
			private, public := v.newSSH()
			k.config["secretValue"] = private
			return map[string]any{"publicKey": public}
		}
		if _, replaced := given["secretValue"]; replaced {
			return nil
		}
		return k.shown
	case "certificateKeyPair":
		text, _ := k.config["certificate"].(string)
		if info := certificateInfo(text); info != nil {
			return map[string]any{"info": info}
		}
	}
	return nil
}

// keyMeta is a service account's JSON without its private key.
func keyMeta(text string) string {
	var account map[string]any
	if json.Unmarshal([]byte(text), &account) != nil {
		return "{}"
	}
	delete(account, "private_key")
	return string(encode(account))
}

// newRSA is random even in a deterministic sandbox: the library takes no seed.
func newRSA() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // only a broken system has no random numbers
	}
	return privatePEM(key)
}

func privatePEM(key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err) // keys of types that the sandbox makes itself
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// publicPEM is the public half of a key; of what is no key, a text that stands
// for it, so that users may try with anything.
func publicPEM(private string) string {
	block, _ := pem.Decode([]byte(private))
	if block != nil {
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		}
		if signer, ok := key.(crypto.Signer); err == nil && ok {
			if der, err := x509.MarshalPKIXPublicKey(signer.Public()); err == nil {
				return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
			}
		}
	}
	return "-----BEGIN PUBLIC KEY-----\n(the private key given is not PEM)\n-----END PUBLIC KEY-----\n"
}

// newSSH is an ed25519 pair, the public half as an authorized_keys line.
func (v *losant) newSSH() (private, public string) {
	key := ed25519.NewKeyFromSeed(v.s.random.bytes(ed25519.SeedSize))
	var wire []byte
	for _, part := range [][]byte{[]byte("ssh-ed25519"), key[ed25519.SeedSize:]} {
		wire = binary.BigEndian.AppendUint32(wire, uint32(len(part))) //nolint:gosec // 11 and 32
		wire = append(wire, part...)
	}
	return privatePEM(key), "ssh-ed25519 " + base64.StdEncoding.EncodeToString(wire)
}

func certificateInfo(text string) map[string]any {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	sum := sha1.Sum(cert.Raw) //nolint:gosec // a fingerprint as Losant shows it
	return map[string]any{
		"serialNumber": colons("%02x", cert.SerialNumber.Bytes()), "fingerprint": colons("%02X", sum[:]),
		"commonName": cert.Subject.CommonName, "issuerName": cert.Issuer.CommonName,
		"notValidBefore": isoTime(cert.NotBefore), "notValidAfter": isoTime(cert.NotAfter),
	}
}

func colons(format string, bytes []byte) string {
	parts := make([]string, len(bytes))
	for i, b := range bytes {
		parts[i] = fmt.Sprintf(format, b)
	}
	return strings.Join(parts, ":")
}
