package register

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/flow"
	"vhod/store"
)

// life is how long an abandoned registration waits.
const life = 7 * 24 * time.Hour

// The steps that are kept, each the last part of its page's address.
const (
	stepCode     = "code"
	stepPassword = "password"
	stepPerson   = "person"
	// stepMoved is no page: the registration goes on under another id.
	stepMoved = "moved"
)

// registration is one in progress, opened.
type registration struct {
	row  *store.Registration
	data draft
}

// draft is what was entered so far; it is sealed in the row.
type draft struct {
	Kind       idp.IdentifierKind `json:"kind"`
	Contact    string             `json:"contact"` // normal form: E.164, folded e-mail
	Typed      string             `json:"typed"`   // as it will be kept
	AgreedAt   time.Time          `json:"agreed_at"`
	Agreed     map[string]string  `json:"agreed"` // kind → version
	VerifiedAt time.Time          `json:"verified_at,omitzero"`
	// Flow is the flow's value: the request that it begins with opens in any browser.
	Flow string `json:"flow,omitempty"`
	// Browser is the hash of the cookie of the browser that holds the registration:
	// which began it, or proved the contact last.
	Browser []byte `json:"browser,omitempty"`
	// CodeID is the code sent last, whichever tab asked for it; another may be asked
	// for from ResendAt on.
	CodeID   uuid.UUID `json:"code_id,omitzero"`
	ResendAt time.Time `json:"resend_at,omitzero"`
	// MovedTo is the id under which the registration goes on, in Browser alone.
	MovedTo uuid.UUID `json:"moved_to,omitzero"`
	// Existing tells that the contact has an account: no code is right.
	Existing bool `json:"existing,omitempty"`
	// Credential is the password's, hashed.
	Credential *idp.Credential `json:"credential,omitempty"`
	Surname    string          `json:"surname,omitempty"`
	Name       string          `json:"name,omitempty"`
	Patronymic string          `json:"patronymic,omitempty"`
	BirthDate  string          `json:"birth_date,omitempty"`
}

// forgetPerson drops what was typed of the person, and tells whether there was any.
func (d *draft) forgetPerson() bool {
	typed := d.Surname+d.Name+d.Patronymic+d.BirthDate != ""
	d.Surname, d.Name, d.Patronymic, d.BirthDate = "", "", "", ""
	return typed
}

// purposeDraft binds the seal of a draft to what it is.
const purposeDraft = "registration"

func (h *Register) seal(id uuid.UUID, d *draft) (string, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("seal registration: %w", err)
	}
	return h.Ring.Seal(purposeDraft, id[:], plain)
}

func (h *Register) open(row *store.Registration) (*registration, error) {
	plain, err := h.Ring.Open(purposeDraft, row.ID[:], row.Data)
	if err != nil {
		return nil, fmt.Errorf("open registration: %w", err)
	}
	r := &registration{row: row}
	if err := json.Unmarshal(plain, &r.data); err != nil {
		return nil, fmt.Errorf("open registration: %w", err)
	}
	return r, nil
}

// find opens a registration in progress; nil when there is none such.
func (h *Register) find(ctx context.Context, id uuid.UUID) (*registration, error) {
	if id == uuid.Nil {
		return nil, nil
	}
	row, err := h.DB.Registration(ctx, id, h.Now())
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return h.open(row)
}

// current opens the registration of a tab; nil when there is none. One that went on
// under another id is followed in the browser that holds it; in any other elsewhere
// is told.
func (h *Register) current(c echo.Context, v *flow.Visit) (r *registration, elsewhere bool, err error) {
	const most = 8 // times that a contact was proved anew
	for range most {
		r, err = h.find(c.Request().Context(), v.Registration)
		if err != nil || r == nil || r.row.Step != stepMoved {
			return r, false, err
		}
		if !bytes.Equal(r.data.Browser, h.Flows.Cookies.Browser(c)) {
			return nil, true, nil
		}
		// What was proved on the way, a password perhaps, is of no account any more.
		v.Progress = flow.Progress{Registration: r.data.MovedTo}
	}
	return nil, false, nil
}

// earlier finds the registration of the same contact that got further than its
// code, this one included; nil when there is none.
func (h *Register) earlier(ctx context.Context, r *registration) (*registration, error) {
	for _, index := range h.Ring.Index(string(r.data.Kind), r.data.Contact) {
		row, err := h.DB.RegistrationBeyond(ctx, index.Value, stepCode, h.Now())
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return h.open(row)
	}
	return nil, nil
}

// held finds the newest registration of a contact that this browser holds; nil when
// there is none.
func (h *Register) held(c echo.Context, d *draft) (*registration, error) {
	browser := h.Flows.Cookies.Browser(c)
	if browser == nil {
		return nil, nil
	}
	ctx := c.Request().Context()
	for _, index := range h.Ring.Index(string(d.Kind), d.Contact) {
		rows, err := h.DB.NewestRegistrations(ctx, index.Value, h.Now())
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			r, err := h.open(row)
			if err != nil {
				return nil, err
			}
			if bytes.Equal(r.data.Browser, browser) {
				return r, nil
			}
		}
	}
	return nil, nil
}

// move keeps what was entered and the next step. store.ErrStale: another tab was
// first.
func (h *Register) move(ctx context.Context, r *registration, step string, writes ...store.Write) error {
	return h.moveTo(ctx, r, r.row.ID, step, writes...)
}

// moveTo also gives the registration another id; who knows the old one alone is left
// behind, but told where it went.
func (h *Register) moveTo(ctx context.Context, r *registration, id uuid.UUID, step string, writes ...store.Write) error {
	if id != r.row.ID {
		forward, err := h.forward(r.row.ID, id, r.data.Browser)
		if err != nil {
			return err
		}
		writes = append(writes, forward)
	}
	sealed, err := h.seal(id, &r.data)
	if err != nil {
		return err
	}
	to := store.Registration{ID: id, Step: step, Data: sealed, ExpiresAt: h.Now().Add(life)}
	return h.DB.MoveRegistration(ctx, r.row, to, writes...)
}

// forward leads from a former id to that of now, in the browser that holds it.
func (h *Register) forward(from, to uuid.UUID, browser []byte) (store.Write, error) {
	sealed, err := h.seal(from, &draft{Browser: browser, MovedTo: to})
	if err != nil {
		return nil, err
	}
	now := h.Now()
	return store.ForwardRegistration(store.Registration{ID: from, Step: stepMoved, Data: sealed, ExpiresAt: now.Add(life)}, now), nil
}
