package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

type clientCommands struct {
	Add     clientAddCommand     `cmd:"" help:"Register a relying service."`
	List    clientListCommand    `cmd:"" help:"List the services."`
	Show    clientShowCommand    `cmd:"" help:"Show one service with all its metadata."`
	Set     clientSetCommand     `cmd:"" help:"Change a service: its metadata become those of a file."`
	Disable clientDisableCommand `cmd:"" help:"Stop a service from using the provider."`
	Enable  clientEnableCommand  `cmd:"" help:"Let a disabled service use the provider again."`
	Secret  clientSecretCommand  `cmd:"" help:"Give a service a new secret; the old one ends at once."`
}

// clientAnswer is a service as the commands show it.
type clientAnswer struct {
	*idp.Client
	Status    idp.ClientStatus `json:"status"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
	// Secret is shown once, when it was made.
	Secret string `json:"client_secret,omitempty"`
}

// shownOnce follows a secret.
const shownOnce = "Keep the secret now: it is shown only this once."

func answerClient(c *idp.Client) clientAnswer {
	return clientAnswer{Client: c, Status: c.Status, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt}
}

// newSecret makes a secret of 256 bits and what is kept of it: so much chance
// needs no slow hash.
func newSecret() (secret string, hash []byte) {
	secret = keys.RandomToken(32)
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:]
}

type clientListCommand struct{ target }

// Run lists the services.
func (c clientListCommand) Run(p *process) error {
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	all, err := s.db.Clients(p.ctx, time.Time{})
	if err != nil {
		return err
	}
	answers := []clientAnswer{}
	var rows [][]string
	for _, one := range all {
		answers = append(answers, answerClient(one))
		rows = append(rows, []string{one.ID, string(one.Status), one.TokenEndpointAuthMethod, strings.Join(one.GrantTypes, " "), one.NameIn("ru"), at(one.UpdatedAt)})
	}
	return p.printTable(answers, []string{"ID", "STATUS", "AUTHENTICATION", "GRANTS", "NAME", "CHANGED"}, rows)
}

// clientID names one service.
type clientID struct {
	target
	ID string `arg:"" help:"The service's client_id."`
}

// read opens the provider and the service; the caller closes the system.
func (c clientID) read(p *process) (*system, *idp.Client, error) {
	s, err := c.open(p, false)
	if err != nil {
		return nil, nil, err
	}
	client, err := s.db.Client(p.ctx, c.ID)
	if err != nil {
		s.close()
		if errors.Is(err, store.ErrNotFound) {
			err = fmt.Errorf("there is no service %q", c.ID)
		}
		return nil, nil, err
	}
	return s, client, nil
}

type clientShowCommand struct{ clientID }

// Run shows a service.
func (c clientShowCommand) Run(p *process) error {
	s, client, err := c.read(p)
	if err != nil {
		return err
	}
	defer s.close()
	text, err := json.MarshalIndent(answerClient(client), "", "  ")
	if err != nil {
		return err
	}
	return p.print(answerClient(client), string(text))
}

// change keeps a changed service together with its event.
func (c clientID) change(p *process, name idp.EventName, data map[string]string, apply func(*idp.Client) (secret string, err error)) error {
	s, client, err := c.read(p)
	if err != nil {
		return err
	}
	defer s.close()
	before := client.UpdatedAt
	secret, err := apply(client)
	if err != nil {
		return err
	}
	client.UpdatedAt = s.now().Truncate(time.Microsecond) // as it is kept
	event, err := s.event(name, 0, client.ID, maps.Clone(data))
	if err != nil {
		return err
	}
	if err := s.db.UpdateClient(p.ctx, client, before, event); errors.Is(err, store.ErrStale) {
		return errors.New("the service was changed at the same moment: look and try again")
	} else if err != nil {
		return err
	}
	answer := answerClient(client)
	answer.Secret = secret
	lines := []string{client.ID + " is " + string(client.Status)}
	if secret != "" {
		lines = []string{"client_secret: " + secret, shownOnce}
	}
	return p.print(answer, lines...)
}

type clientDisableCommand struct{ clientID }

// Run disables a service.
func (c clientDisableCommand) Run(p *process) error {
	return c.change(p, idp.EventClientDisabled, nil, func(client *idp.Client) (string, error) {
		return "", setClientStatus(client, idp.ClientDisabled)
	})
}

type clientEnableCommand struct{ clientID }

// Run enables a service.
func (c clientEnableCommand) Run(p *process) error {
	return c.change(p, idp.EventClientChanged, map[string]string{"status": string(idp.ClientActive)}, func(client *idp.Client) (string, error) {
		return "", setClientStatus(client, idp.ClientActive)
	})
}

func setClientStatus(c *idp.Client, status idp.ClientStatus) error {
	if c.Status == status {
		return fmt.Errorf("the service is %s already", status)
	}
	c.Status = status
	return nil
}

type clientSecretCommand struct{ clientID }

// Run gives a new secret.
func (c clientSecretCommand) Run(p *process) error {
	return c.change(p, idp.EventClientChanged, map[string]string{"changed": "secret"}, func(client *idp.Client) (string, error) {
		if !usesSecret(client.TokenEndpointAuthMethod) {
			return "", fmt.Errorf("the service authenticates by %s, it has no secret", client.TokenEndpointAuthMethod)
		}
		secret, hash := newSecret()
		client.SecretHash = hash
		return secret, nil
	})
}

func usesSecret(method string) bool { return method == idp.AuthBasic || method == idp.AuthPost }
