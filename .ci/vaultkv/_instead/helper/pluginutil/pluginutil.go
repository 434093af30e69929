package pluginutil

func InMetadataMode() bool { return false }

type (
	PluginRunner          struct{}
	VersionedPlugin       struct{}
	PluginClientConfig    struct{}
	PluginClient          interface{}
	IdentityTokenRequest  struct{}
	IdentityTokenResponse struct{}
	PinnedVersion         struct{}
)
