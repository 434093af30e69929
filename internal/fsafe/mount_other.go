//go:build unix && !linux

package fsafe

func isMount(string) bool { return false }
