package main

import (
	"context"
	"time"

	"vhod/cmd/rig"
	"vhod/keys"
)

// cheapCommand is the provider as vhod serve runs it but for the cost of a password
// hash, which vhod serve rightly refuses to lower. What a login costs beside the
// hash is seen here alone: subtracting the hash would drown it in noise.
type cheapCommand struct {
	Database string `required:""`
	SMS      string `required:""`
}

// cheapCost is a hash of next to no cost, some 20 µs.
var cheapCost = keys.Cost{Memory: 64, Time: 1, Threads: 1}

// Run serves until a signal comes.
func (o *cheapCommand) Run(ctx context.Context) error {
	return rig.Variant{Listen: "127.0.0.1:0", Database: o.Database, SMS: o.SMS, Cost: cheapCost, Now: time.Now}.Serve(ctx)
}
