package publish

type nowhere struct{}

func (*nowhere) Upload([]byte, string) error {
	return &NotImplementedError{"this build of SOPS publishes nowhere"}
}

func (n *nowhere) UploadUnencrypted(map[string]interface{}, string) error { return n.Upload(nil, "") }

func (*nowhere) Path(string) string { return "" }

type (
	GCSDestination   struct{ nowhere }
	S3Destination    struct{ nowhere }
	VaultDestination struct{ nowhere }
)

func NewGCSDestination(_, _ string) *GCSDestination { return &GCSDestination{} }

func NewS3Destination(_, _ string) *S3Destination { return &S3Destination{} }

func NewVaultDestination(_, _, _ string, _ int) *VaultDestination { return &VaultDestination{} }
