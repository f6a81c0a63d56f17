package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/idp/guard"
	"vhod/keys"
	"vhod/store"
)

const (
	purposeRequest  = "flow.request"
	purposeProgress = "flow.progress"
	// maxSealedRequest is the longest request carried in an address line; a
	// longer one is stored and carried by its id.
	maxSealedRequest = 1536
	// maxToken bounds what is read from a stranger.
	maxToken    = 4096
	storedMark  = "~"
	tokenSplits = "."
)

// storedRate is how many long requests are stored for one network.
var storedRate = guard.Rate{Limit: 1200, Per: time.Hour}

// errFlow: the value is not one of ours, or too old.
var errFlow = errors.New("flow: not a flow of this provider")

// sealed turns flows into the values that URLs and forms carry. The request is
// sealed for any browser, so that a citizen who comes back in another one keeps
// it; the progress opens only in the browser that made it.
type sealed struct {
	ring   *keys.Ring
	db     *store.DB
	issuer string
	now    idp.Clock
	// keep refuses a request that would have to be stored when there are too many.
	keep func() error
}

func (s sealed) seal(ctx context.Context, f *Flow, browser []byte) (string, error) {
	if f.token == "" {
		token, err := s.sealRequest(ctx, f)
		if err != nil {
			return "", err
		}
		f.token = token
	}
	progress, err := json.Marshal(f.Progress)
	if err != nil {
		return "", fmt.Errorf("seal flow: %w", err)
	}
	box, err := s.ring.Seal(purposeProgress, s.progressAAD(f, browser), progress)
	if err != nil {
		return "", fmt.Errorf("seal flow: %w", err)
	}
	return f.token + tokenSplits + box, nil
}

func (s sealed) sealRequest(ctx context.Context, f *Flow) (string, error) {
	request, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("seal flow: %w", err)
	}
	box, err := s.ring.Seal(purposeRequest, []byte(s.issuer), request)
	if err != nil {
		return "", fmt.Errorf("seal flow: %w", err)
	}
	if len(box) <= maxSealedRequest {
		return box, nil
	}
	if err := s.keep(); err != nil {
		return "", err
	}
	id := uuid.New()
	if err := s.db.StoreRequest(ctx, id, []byte(box), s.now().Add(idp.RequestLife)); err != nil {
		return "", fmt.Errorf("store flow: %w", err)
	}
	return storedMark + id.String(), nil
}

// open reads a flow; the progress is empty when it was made in another browser
// or its proofs are too old to be opened.
func (s sealed) open(ctx context.Context, token string, browser []byte) (*Flow, error) {
	if len(token) > maxToken {
		return nil, errFlow
	}
	request, progress, _ := strings.Cut(token, tokenSplits)
	box := request
	if id, stored := strings.CutPrefix(request, storedMark); stored {
		parsed, err := uuid.Parse(id)
		if err != nil {
			return nil, errFlow
		}
		data, err := s.db.StoredRequest(ctx, parsed, s.now())
		if errors.Is(err, store.ErrNotFound) {
			return nil, errFlow
		}
		if err != nil {
			return nil, fmt.Errorf("open flow: %w", err)
		}
		box = string(data)
	}
	plain, err := s.ring.Open(purposeRequest, []byte(s.issuer), box)
	if err != nil {
		return nil, errFlow
	}
	f := &Flow{token: request}
	if err := json.Unmarshal(plain, f); err != nil {
		return nil, fmt.Errorf("open flow: %w", err)
	}
	if s.now().Sub(f.BeganAt) > idp.RequestLife {
		return nil, errFlow
	}
	if browser == nil || progress == "" {
		return f, nil
	}
	if plain, err := s.ring.Open(purposeProgress, s.progressAAD(f, browser), progress); err == nil {
		if err := json.Unmarshal(plain, &f.Progress); err != nil {
			return nil, fmt.Errorf("open flow: %w", err)
		}
	}
	return f, nil
}

func (s sealed) progressAAD(f *Flow, browser []byte) []byte {
	aad := append([]byte(s.issuer+"\x00"), f.ID[:]...)
	return append(aad, browser...)
}

// again is the same request begun anew: a flow that was spent, without what was
// proved in it.
func again(f *Flow, now time.Time) *Flow {
	fresh := *f
	fresh.ID, fresh.token, fresh.BeganAt, fresh.Progress = uuid.New(), "", now, Progress{}
	return &fresh
}
