//go:build unix && !linux

package main

// terminalWalks is empty where the tests have no terminal.
func terminalWalks() map[string]walk { return nil }
