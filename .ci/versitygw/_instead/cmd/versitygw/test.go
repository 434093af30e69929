package main

import "github.com/urfave/cli/v2"

func testCommand() *cli.Command { return &cli.Command{Name: "test"} }
