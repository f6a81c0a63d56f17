package main

import (
	"time"

	"vhod/cmd/rig"
)

// citizen is a person as the acknowledged operations have made them. What an
// unanswered operation may have changed is unsure, until it is asked for. A citizen
// is one worker's at a time.
type citizen struct {
	phone    string
	sub      string // as tokens name the account; empty until one was seen
	password string
	perhaps  string // the password, if an unanswered change was made
	changes  int
	devices  []*device // the first is the citizen's own
	families []*family
	consent  answer // to the second service
	// Access tokens that were revoked one by one.
	revoked []string
}

// answer is what a citizen said to a service.
type answer int

const (
	notAsked answer = iota
	allowed
	unsureAnswer
)

// device is a browser that was signed in.
type device struct {
	cookies map[string]string
	ended   bool // acknowledged
	unsure  bool // it may have ended
}

// family is what a code was redeemed for, with its successors.
type family struct {
	service rig.Service
	device  *device
	tokens  rig.Tokens
	issued  time.Time // of the access token
	ended   bool
	unsure  bool
	// unanswered is when the refresh token was first shown without an answer: ten
	// seconds after its use a family may end when it is shown again.
	unanswered time.Time
}

// grace is for how long a used refresh token answers again, with something to spare.
const grace = 9 * time.Second

// live tells whether a family should go on when its token is shown.
func (f *family) live() bool {
	return !f.ended && !f.unsure && (f.unanswered.IsZero() || time.Since(f.unanswered) < grace)
}

// end notes that some families ended, or may have.
func (c *citizen) end(state string, whose func(*family) bool) {
	for _, f := range c.families {
		if !whose(f) {
			continue
		}
		if state == acknowledged {
			f.ended = true
		} else {
			f.unsure = true
		}
	}
}

// leave notes that a device was signed out, or may have been.
func (c *citizen) leave(d *device, state string) {
	if state == acknowledged {
		d.ended = true
	} else {
		d.unsure = true
	}
	c.end(state, func(f *family) bool { return f.device == d })
}

// others are the citizen's devices but the own one that are signed in for sure.
func (c *citizen) others() (all []*device) {
	for _, d := range c.devices[1:] {
		if !d.ended && !d.unsure {
			all = append(all, d)
		}
	}
	return all
}

// going are the families that go on for sure.
func (c *citizen) going() (all []*family) {
	for _, f := range c.families {
		if f.live() {
			all = append(all, f)
		}
	}
	return all
}
