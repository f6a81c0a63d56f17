package audit

import (
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/store"
)

// Owner, Client and System are who acts.
const (
	Owner  = "owner"
	Client = "client"
	System = "system"
)

// New is an event of a request, done by the owner of the account. data holds
// codes of the catalogue, never anything personal.
func New(c echo.Context, at time.Time, name idp.EventName, oid idp.OID, clientID string, data map[string]string) (store.Write, error) {
	return by(Owner, c.Response().Header().Get(echo.HeaderXRequestID), at, name, oid, clientID, data)
}

// ByClient is an event of a request, done by a relying service.
func ByClient(requestID string, at time.Time, name idp.EventName, oid idp.OID, clientID string, data map[string]string) (store.Write, error) {
	return by(Client, requestID, at, name, oid, clientID, data)
}

// BySystem is an event that no request caused.
func BySystem(at time.Time, name idp.EventName, oid idp.OID, data map[string]string) (store.Write, error) {
	return by(System, "", at, name, oid, "", data)
}

func by(actor, requestID string, at time.Time, name idp.EventName, oid idp.OID, clientID string, data map[string]string) (store.Write, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return store.Event(idp.Event{ID: id, At: at, Name: name, OID: oid, ClientID: clientID, Actor: actor, RequestID: requestID, Data: data})
}
