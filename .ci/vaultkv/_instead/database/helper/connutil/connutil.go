package connutil

func SQLConnectionProducerFieldNames() map[string]any { return nil }
