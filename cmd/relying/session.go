package relying

import (
	"container/list"
	"encoding/json"
	"sync"
	"time"
)

const (
	maxSessions   = 10_000
	sessionPeriod = 12 * time.Hour
)

// account is what the service knows of the person who signed in.
type account struct {
	subject  string
	rawID    string // kept for id_token_hint
	access   string
	refresh  string
	scope    string
	authTime int64

	idClaims   map[string]json.RawMessage
	userClaims map[string]json.RawMessage

	signedIn     time.Time
	renewed      time.Time // zero until first refreshed
	accessExpiry time.Time // zero when the provider named none
	idExpiry     time.Time
	revoked      bool
}

// session guards its account: two tabs that refresh at once do it one after
// the other, the second with the first one's new refresh token.
type session struct {
	id      string
	expires time.Time
	mu      sync.Mutex
	account account
}

// sessions holds at most limit sessions and drops the oldest for a new one.
type sessions struct {
	limit int
	now   func() time.Time

	mu    sync.Mutex
	byID  map[string]*list.Element
	order *list.List
}

func newSessions(limit int, now func() time.Time) *sessions {
	return &sessions{limit: limit, now: now, byID: map[string]*list.Element{}, order: list.New()}
}

func (s *sessions) begin(a account) *session {
	made := &session{id: random(), expires: s.now().Add(sessionPeriod), account: a}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.order.Len() >= s.limit {
		s.remove(s.order.Front())
	}
	s.byID[made.id] = s.order.PushBack(made)
	return made
}

func (s *sessions) find(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	place, ok := s.byID[id]
	if !ok {
		return nil
	}
	found := place.Value.(*session)
	if !s.now().Before(found.expires) {
		s.remove(place)
		return nil
	}
	return found
}

func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if place, ok := s.byID[id]; ok {
		s.remove(place)
	}
}

func (s *sessions) remove(place *list.Element) {
	delete(s.byID, place.Value.(*session).id)
	s.order.Remove(place)
}
