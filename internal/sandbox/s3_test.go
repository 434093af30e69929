package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSignatureOfTheSpecification is Amazon's own example of a signed request.
func TestSignatureOfTheSpecification(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://examplebucket.s3.amazonaws.com/test.txt", nil)
	r.Header.Set("Range", "bytes=0-9")
	r.Header.Set("X-Amz-Date", "20130524T000000Z")
	r.Header.Set("X-Amz-Content-Sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"+
		"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
	sig := signature(r)
	assert.Equal(t, "AKIAIOSFODNN7EXAMPLE", sig.access)
	assert.True(t, sig.verify(r, nil, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
	assert.False(t, sig.verify(r, nil, "another"))
	assert.False(t, sig.verify(r, []byte("a body"), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
}

// signedGet asks the S3 endpoint for a path as the owner of a pair.
func (s *Sandbox) signedGet(t *testing.T, path, access, secret string, at time.Time) reply {
	t.Helper()
	stamp, scope := at.UTC().Format("20060102T150405Z"), at.UTC().Format("20060102")+"/eu-ist-1/s3/aws4_request"
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.URL("s3")+path, nil)
	r.Header.Set("X-Amz-Date", stamp)
	sig := sigV4{scope: scope, signed: []string{"host", "x-amz-date"}, at: at.UTC()}
	empty := sha256.Sum256(nil)
	request := sha256.Sum256([]byte(sig.canonical(r, hex.EncodeToString(empty[:]))))
	key := []byte("AWS4" + secret)
	for _, part := range append(strings.Split(scope, "/"), "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hex.EncodeToString(request[:])) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	c := client{t, s.URL("s3"), "Authorization: AWS4-HMAC-SHA256 Credential=" + access + "/" + scope + ", SignedHeaders=host;x-amz-date, Signature=" + hex.EncodeToString(key)}
	return c.do("GET", path, "", "X-Amz-Date: "+stamp)
}

func TestS3(t *testing.T) {
	s := start(t, Options{})
	now := time.Now()
	mn, kp := s.Credentials("medianova"), s.Credentials("katapult")
	web, reader, backup, grants := mn[0], mn[1], kp[0], kp[1]
	for _, tc := range []struct {
		name, path, access, secret string
		at                         time.Time
		status                     int
		want                       string
	}{
		{"medianova", "/", web.AccessKey, web.Secret, now, 200, "<Bucket><Name>assets</Name>"},
		{"medianova objects", "/assets?list-type=2&prefix=a%20b", web.AccessKey, web.Secret, now, 200, "<ListBucketResult"},
		{"medianova, another bucket", "/logs", web.AccessKey, web.Secret, now, 404, "NoSuchBucket"},
		{"medianova reader", "/logs", reader.AccessKey, reader.Secret, now, 200, "<ListBucketResult"},
		{"katapult", "/", backup.AccessKey, backup.Secret, now, 200, "<Name>web-assets</Name>"},
		{"katapult without all_buckets_read", "/", grants.AccessKey, grants.Secret, now, 403, "AccessDenied"},
		{"katapult, its bucket", "/web-assets", grants.AccessKey, grants.Secret, now, 200, "<ListBucketResult"},
		{"katapult, not its bucket", "/backups", grants.AccessKey, grants.Secret, now, 403, "AccessDenied"},
		{"unknown key", "/", "AKIANOBODY", "x", now, 403, "InvalidAccessKeyId"},
		{"wrong secret", "/", web.AccessKey, "x", now, 403, "SignatureDoesNotMatch"},
		{"wrong clock", "/", web.AccessKey, web.Secret, now.Add(-16 * time.Minute), 403, "RequestTimeTooSkewed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := s.signedGet(t, tc.path, tc.access, tc.secret, tc.at)
			assert.Equal(t, tc.status, r.status)
			assert.Contains(t, r.body, tc.want)
			assert.Equal(t, "application/xml", r.header.Get("Content-Type"))
		})
	}
	plain := client{t, s.URL("s3"), ""}
	assert.Equal(t, 403, plain.do("GET", "/", "").status)
	assert.Equal(t, 403, plain.do("GET", "/", "", "Authorization: AWS4-HMAC-SHA256 nonsense").status)
	assert.Equal(t, web.AccessKey, s.Requests("s3")[0].By)
	s.fail(t, "s3:buckets:503")
	assert.Contains(t, s.signedGet(t, "/", web.AccessKey, web.Secret, now).body, "SlowDown")
}

func TestS3SpreadsNewPairsSlowly(t *testing.T) {
	clk := newClock()
	s := start(t, Options{Now: clk.now, ProvisionDelay: -1, ActivationDelay: 12 * time.Second, Flap: 2})
	c := s.client(t, "katapult")
	id := c.do("POST", katapultCreate, katapultBody("x")).text(t, "object_storage_access_key", "id")
	pair := c.do("POST", katapultKeyPath+"/generate_credentials", `{"access_key":{"id":"`+id+`"}}`)
	require.Equal(t, 200, pair.status)
	try := func() int {
		return s.signedGet(t, "/", pair.text(t, "object_storage_access_key", "s3_access_key_id"), pair.text(t, "object_storage_access_key", "s3_secret_access_key"), clk.now()).status
	}
	assert.Equal(t, 403, try())
	clk.pass(11 * time.Second)
	assert.Equal(t, 403, try())
	clk.pass(time.Second)
	var got []int
	for range 7 {
		got = append(got, try())
	}
	assert.Equal(t, []int{200, 403, 200, 403, 200, 200, 200}, got)
	old := s.Credentials("katapult")[0]
	assert.Equal(t, 200, s.signedGet(t, "/", old.AccessKey, old.Secret, clk.now()).status, "example data spread long ago")
}
