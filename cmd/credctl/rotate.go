package main

import (
	"context"
	"errors"

	"github.com/credctl/credctl/internal/provider"
)

func (c *call) rotate(ctx context.Context, svc provider.Service, ids []string) error {
	return errors.New("soon")
}
