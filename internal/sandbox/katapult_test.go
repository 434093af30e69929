package sandbox

const (
	katapultKeyPath = "/core/v1/object_storage/access_keys/access_key"
	katapultCreate  = "/core/v1/organizations/organization/object_storage/object_storage_cluster/access_keys"
	katapultList    = "/core/v1/organizations/organization/object_storage/access_keys?organization%5Bsub_domain%5D=acme"
)

func katapultBody(name string) string {
	return `{"organization":{"sub_domain":"acme"},"object_storage_cluster":{"region":"uk-lon-1"},"properties":{"name":"` + name + `","all_buckets_read":true}}`
}
