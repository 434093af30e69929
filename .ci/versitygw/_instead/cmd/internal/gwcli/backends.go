package gwcli

import "github.com/urfave/cli/v2"

func S3Command() *cli.Command { return &cli.Command{Name: "s3"} }

func AzureCommand() *cli.Command { return &cli.Command{Name: "azure"} }
