package guard

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

// The budgets of messages (ResendPause between two of one purpose): what a person needs and no bomber is content with.
const (
	ResendPause    = time.Minute
	perHour        = 6
	perDay         = 20
	networkPerHour = 60
	servicePerHour = 200_000
)

// Budgets limits messages.
type Budgets struct {
	DB   *store.DB
	Ring *keys.Ring
	Now  idp.Clock
}

// Refusal tells which limit was met and how long it lasts; the zero value none.
type Refusal struct {
	// Pause is the time between two messages of one purpose; Budget that of
	// messages to one address or from one network.
	Pause, Budget time.Duration
}

// Refused tells that no message may be sent.
func (r Refusal) Refused() bool { return r.Pause > 0 || r.Budget > 0 }

// Message asks to send a message for a purpose to an address, on behalf of a
// network address. Two round trips.
func (g *Budgets) Message(ctx context.Context, purpose, to, from string) (Refusal, error) {
	now := g.Now()
	address := g.subject("address", to)
	pause, err := g.DB.Spend(ctx, now, store.Budget{Kind: "pause:" + purpose, Subject: address, Window: ResendPause, Limit: 1})
	if err != nil || pause > 0 {
		return Refusal{Pause: pause}, wrap(err)
	}
	wait, err := g.DB.Spend(ctx, now,
		store.Budget{Kind: "message:hour", Subject: address, Window: time.Hour, Limit: perHour},
		store.Budget{Kind: "message:day", Subject: address, Window: 24 * time.Hour, Limit: perDay},
		store.Budget{Kind: "message:network", Subject: g.subject("network", network(from)), Window: time.Hour, Limit: networkPerHour},
		store.Budget{Kind: "message:service", Subject: []byte("service"), Window: time.Hour, Limit: servicePerHour})
	return Refusal{Budget: wait}, wrap(err)
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("message budget: %w", err)
	}
	return nil
}

func (g *Budgets) subject(kind, value string) []byte {
	return g.Ring.MAC("budget", []byte(kind), []byte(value))[:16]
}

// network is the part of an address that one subscriber is given: /24 and /64.
func network(from string) string {
	address, err := netip.ParseAddr(from)
	if err != nil {
		return from
	}
	bits := 64
	if address = address.Unmap(); address.Is4() {
		bits = 24
	}
	prefix, err := address.WithZone("").Prefix(bits)
	if err != nil {
		return from
	}
	return prefix.String()
}
