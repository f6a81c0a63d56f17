package register

import (
	"context"
	"errors"
	"net"
	"time"
)

// ErrNoMail is what Register.MX says of a domain without a mail server.
var ErrNoMail = errors.New("register: the domain takes no mail")

// mxTimeout is how long a citizen waits for a name server.
const mxTimeout = 2 * time.Second

// LookupMX makes a Register.MX that asks a name server. R-REG-4 wants a mail
// server that is named: RFC 5321 §5.1 would also let mail go to the domain's own
// address, which parked and mistyped domains have too.
func LookupMX(resolver *net.Resolver) func(ctx context.Context, domain string) error {
	return func(ctx context.Context, domain string) error {
		ctx, cancel := context.WithTimeout(ctx, mxTimeout)
		defer cancel()
		// With the dot at the end no search domain of the machine is tried.
		servers, err := resolver.LookupMX(ctx, domain+".")
		var answer *net.DNSError
		switch {
		case errors.As(err, &answer) && answer.IsNotFound:
			return ErrNoMail
		case err != nil && len(servers) == 0:
			return err
		case len(servers) == 1 && servers[0].Host == ".": // RFC 7505 §3
			return ErrNoMail
		}
		return nil
	}
}
