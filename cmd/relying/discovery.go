package relying

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	firstWait = 250 * time.Millisecond
	lastWait  = 5 * time.Second
)

var errUnavailable = errors.New("provider unavailable")

// metadata is the provider as its discovery document describes it.
type metadata struct {
	*oidc.Provider
	endSession string // OpenID Connect RP-Initiated Logout 1.0 §2.1
	revocation string // RFC 8414 §2
	sendsIss   bool   // RFC 9207 §3
}

// discovery fetches the metadata when it is first needed, so that the provider
// may start later than this program; after a failure it waits, doubling, so that
// a crowd of visitors does not become a crowd of attempts.
type discovery struct {
	issuer string
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	found *metadata
	wait  time.Duration
	next  time.Time
	last  error
}

func (d *discovery) metadata(ctx context.Context) (*metadata, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.found != nil {
		return d.found, nil
	}
	// A pause longer than lastWait can only come from a clock set back.
	if left := d.next.Sub(d.now()); left > 0 && left <= lastWait {
		return nil, fmt.Errorf("%w: %w", errUnavailable, d.last)
	}
	found, err := d.fetch(ctx)
	if err != nil {
		d.wait = min(max(2*d.wait, firstWait), lastWait)
		d.next, d.last = d.now().Add(d.wait), err
		return nil, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	d.found = found
	return found, nil
}

func (d *discovery) fetch(ctx context.Context) (*metadata, error) {
	// One visitor's closed tab must not fail the attempt that others wait for.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, d.client), d.issuer)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	var more struct {
		EndSession string `json:"end_session_endpoint"`
		Revocation string `json:"revocation_endpoint"`
		SendsIss   bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	return &metadata{provider, more.EndSession, more.Revocation, more.SendsIss}, nil
}

// origins are the places that a form of ours may lead to by redirect.
func (d *discovery) origins() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := origin(d.issuer)
	if d.found != nil {
		if other := origin(d.found.endSession); other != "" && other != list {
			list += " " + other
		}
	}
	return list
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
