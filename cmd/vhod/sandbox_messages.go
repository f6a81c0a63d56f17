package main

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/identifier"
)

// How many messages are shown at most.
const (
	pageMessages = 50
	maxMessages  = 500
)

// sandboxMessage is a message as the API shows it.
type sandboxMessage struct {
	ID      string    `json:"id"`
	Channel string    `json:"channel"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Code    string    `json:"code,omitempty"`
	Link    string    `json:"link,omitempty"`
	SentAt  time.Time `json:"sent_at"`
}

// listMessages is GET /sandbox/api/messages?to=&after=, the newest first. after is
// a sent_at that was given before.
func (s *sandbox) listMessages(c echo.Context) error {
	to := c.QueryParam("to")
	if len(to) > maxNote {
		return refuse(c, http.StatusBadRequest, "to: a phone or an e-mail address")
	}
	// A plus sign in an address line reads as a space; phones are kept as E.164.
	for _, reading := range identifier.ParseLogin(to) {
		if reading.Kind == idp.IdentifierPhone {
			to = reading.Value
			break
		}
	}
	var after time.Time
	if text := c.QueryParam("after"); text != "" {
		var err error
		if after, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return refuse(c, http.StatusBadRequest, "after: a time like 2026-11-05T12:00:00.123456Z")
		}
	}
	kept, err := s.db.Inbox(c.Request().Context(), to, after, maxMessages)
	if err != nil {
		return err
	}
	answer := []sandboxMessage{}
	for _, m := range kept {
		answer = append(answer, sandboxMessage{
			ID: m.ID.String(), Channel: m.Channel, To: m.To, Subject: m.Subject, Text: m.Text, Code: m.Code, Link: m.Link, SentAt: m.SentAt,
		})
	}
	return c.JSON(http.StatusOK, answer)
}

func (s *sandbox) clearMessages(c echo.Context) error {
	if err := s.db.ClearInbox(c.Request().Context()); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// moveClock is POST /sandbox/api/clock. It answers when the provider and the
// relying services both go by the new time.
func (s *sandbox) moveClock(c echo.Context) error {
	var r struct {
		Advance string `json:"advance"`
	}
	if ok, err := decode(c, &r); !ok {
		return err
	}
	by, err := time.ParseDuration(r.Advance)
	if err != nil {
		return refuse(c, http.StatusUnprocessableEntity, "advance: a duration like 25h or 90s")
	}
	if err := s.clock.Advance(by); errors.Is(err, errClock) {
		return refuse(c, http.StatusUnprocessableEntity, "advance: "+err.Error())
	} else if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := s.provider.Ring.Maintain(ctx); err != nil {
		return err
	}
	if s.child != nil {
		if err := s.child.tell(ctx, s.clock.Offset()); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, map[string]any{"now": s.clock.Now(), "offset": s.clock.Offset().String()})
}

// setFaults is POST /sandbox/api/faults. What is left out stays as it is.
func (s *sandbox) setFaults(c echo.Context) error {
	var r struct {
		SMS  *string `json:"sms"`
		Mail *string `json:"mail"`
	}
	if ok, err := decode(c, &r); !ok {
		return err
	}
	for name, state := range map[string]*string{"sms": r.SMS, "mail": r.Mail} {
		if state != nil && *state != "down" && *state != "ok" {
			return refuse(c, http.StatusUnprocessableEntity, name+": down or ok")
		}
	}
	if r.SMS != nil {
		s.sms.Down.Store(*r.SMS == "down")
	}
	if r.Mail != nil {
		s.mail.Down.Store(*r.Mail == "down")
	}
	state := func(down bool) string {
		if down {
			return "down"
		}
		return "ok"
	}
	return c.JSON(http.StatusOK, map[string]string{"sms": state(s.sms.Down.Load()), "mail": state(s.mail.Down.Load())})
}
