package cache

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"vhod/idp"
	"vhod/store"
)

// overlap is how far back each reading looks: rows commit out of the order of
// their times.
const overlap = 10 * time.Second

// Clients are the relying services in memory. What it returns is shared and must
// not be changed.
type Clients struct {
	db  *store.DB
	mu  sync.RWMutex
	all map[string]*idp.Client
	// seen is the newest change read.
	seen time.Time
	// unknown counts the ids that the database was asked about since then.
	unknown atomic.Int64
}

// maxUnknown bounds how often between two readings the database is asked about ids
// that are not in memory: a service registered elsewhere a moment ago is found,
// ids that strangers make up cost no more.
const maxUnknown = 100

// NewClients reads every service.
func NewClients(ctx context.Context, db *store.DB) (*Clients, error) {
	c := &Clients{db: db, all: map[string]*idp.Client{}}
	return c, c.Maintain(ctx)
}

// Client finds a service by id; store.ErrNotFound when there is none. One that
// is not in memory yet is read from the database.
func (c *Clients) Client(ctx context.Context, id string) (*idp.Client, error) {
	c.mu.RLock()
	client := c.all[id]
	c.mu.RUnlock()
	if client != nil {
		return client, nil
	}
	if c.unknown.Add(1) > maxUnknown {
		return nil, store.ErrNotFound
	}
	client, err := c.db.Client(ctx, id)
	if err != nil {
		return nil, err
	}
	c.keep([]*idp.Client{client}, false)
	return client, nil
}

// Known tells whether a service is in memory; it never asks the database.
func (c *Clients) Known(id string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.all[id] != nil
}

// Maintain reads what changed since the last time; the server calls it every
// second.
func (c *Clients) Maintain(ctx context.Context) error {
	c.mu.RLock()
	since := c.seen
	c.mu.RUnlock()
	if !since.IsZero() {
		since = since.Add(-overlap)
	}
	changed, err := c.db.Clients(ctx, since)
	if err != nil {
		return fmt.Errorf("cache: clients: %w", err)
	}
	c.keep(changed, true)
	c.unknown.Store(0)
	return nil
}

func (c *Clients) keep(changed []*idp.Client, advance bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, client := range changed {
		if old := c.all[client.ID]; old == nil || !client.UpdatedAt.Before(old.UpdatedAt) {
			c.all[client.ID] = client
		}
		if advance && client.UpdatedAt.After(c.seen) {
			c.seen = client.UpdatedAt
		}
	}
}
