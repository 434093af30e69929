package sandbox

const medianovaPath = "/api/api/v2/stook/" + medianovaOrg

func medianovaBody(name string) string {
	return `{"name":"` + name + `","is_readonly":false,"buckets":["` + medianovaAssets + `"]}`
}
