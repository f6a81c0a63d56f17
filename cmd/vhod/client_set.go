package main

import (
	"fmt"

	"vhod/idp"
)

type clientSetCommand struct {
	target
	File string `required:"" placeholder:"FILE" help:"Metadata in JSON, as client show writes them (- is standard input); client_id says which service."`
}

// Run changes a service. It keeps its status, and its secret as long as it
// authenticates by one; who did not before is given one.
func (c clientSetCommand) Run(p *process) error {
	want, err := readClient(p, c.File)
	if err != nil {
		return err
	}
	if err := checkClient(want, c.Data != ""); err != nil {
		return fmt.Errorf("the change is refused:\n%w", err)
	}
	named := clientID{target: c.target, ID: want.ID}
	return named.change(p, idp.EventClientChanged, map[string]string{"changed": "metadata"}, func(client *idp.Client) (secret string, err error) {
		want.Status, want.CreatedAt, want.SecretHash = client.Status, client.CreatedAt, client.SecretHash
		switch {
		case !usesSecret(want.TokenEndpointAuthMethod):
			want.SecretHash = []byte{}
		case !usesSecret(client.TokenEndpointAuthMethod):
			secret, want.SecretHash = newSecret()
		}
		*client = *want
		return secret, nil
	})
}
