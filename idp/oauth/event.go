package oauth

import (
	"context"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
)

type requestIDKey struct{}

// withRequestID lets audit events of requests of services name the request.
func withRequestID(c echo.Context) context.Context {
	return context.WithValue(c.Request().Context(), requestIDKey{}, c.Response().Header().Get(echo.HeaderXRequestID))
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string) // absent outside requests
	return id
}

// grantEvent is an event of a grant: the store adds whose the grant is, which
// nobody knows before the statement that finds it.
func (p *Provider) grantEvent(ctx context.Context, name idp.EventName, data map[string]string) (idp.Event, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return idp.Event{}, err
	}
	return idp.Event{ID: id, At: p.Now(), Name: name, Actor: audit.Client, RequestID: requestID(ctx), Data: data}, nil
}
