//go:build !linux

package fsafe

// Identity returns nothing: whether two machines share a file is told by its content.
func Identity(string) string { return "" }
