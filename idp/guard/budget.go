package guard

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

// ResendPause is the shortest time between two messages of one purpose to one
// address; after the third it grows to what is left of lateWindow.
const (
	ResendPause = time.Minute
	lateWindow  = 10 * time.Minute
	lateLimit   = 3
)

// Limits are the budgets of messages: what a person needs and no bomber is
// content with. Zero takes the default.
type Limits struct {
	AddressHour int64 // to one address an hour; default 6
	AddressDay  int64 // to one address a day; default 20
	// Of these one network (/24, /48) may use so many, but for Login: a stranger alone
	// does not use up what the owner of the address needs.
	ShareHour   int64 // default 3
	ShareDay    int64 // default 5
	PrefixHour  int64 // to ten thousand neighbouring phone numbers an hour; default 200
	NetworkHour int64 // asked for from one network (/24, /64) an hour; default 60
	SiteHour    int64 // asked for from one site of IPv6 (/48) an hour; default 240
	ServiceHour int64 // of the whole provider an hour; default 200,000
}

// PurposeLogin are the codes of signing in. Each follows a right password, so that a
// network may have many more of them: it may be an office or a mobile operator.
const (
	PurposeLogin = "login"
	provedTimes  = 100
)

// Budgets limits messages.
type Budgets struct {
	DB     *store.DB
	Ring   *keys.Ring
	Now    idp.Clock
	Limits Limits
	// Refused, when given, hears of each limit that was met: its kind.
	Refused func(limit string)
}

// Refusal tells which limit was met and how long it lasts; the zero value none.
type Refusal struct {
	// Pause is the time between two messages of one purpose; Budget that of
	// messages to one address or from one network.
	Pause, Budget time.Duration
}

// Refused tells that no message may be sent.
func (r Refusal) Refused() bool { return r.Pause > 0 || r.Budget > 0 }

// Message asks to send a message for a purpose to an address, on behalf of a
// network address. Each purpose has budgets of its own: what strangers can cause
// without a proof takes nothing from the codes of signing in. What is refused costs
// nothing of any budget. One round trip, two when refused.
func (g *Budgets) Message(ctx context.Context, purpose, to, from string) (Refusal, error) {
	address := g.subject("address", to)
	pauses := []store.Budget{
		{Kind: "pause:" + purpose, Subject: address, Window: ResendPause, Limit: 1},
		{Kind: "pause:late:" + purpose, Subject: address, Window: lateWindow, Limit: lateLimit},
	}
	budgets := append(pauses,
		store.Budget{Kind: "message:hour:" + purpose, Subject: address, Window: time.Hour, Limit: or(g.Limits.AddressHour, 6)},
		store.Budget{Kind: "message:day:" + purpose, Subject: address, Window: 24 * time.Hour, Limit: or(g.Limits.AddressDay, 20)})
	network, site := networks(from)
	if purpose != PurposeLogin {
		share := g.subject("share", to+"\x00"+cmp.Or(site, network))
		budgets = append(budgets,
			store.Budget{Kind: "message:share:hour:" + purpose, Subject: share, Window: time.Hour, Limit: or(g.Limits.ShareHour, 3)},
			store.Budget{Kind: "message:share:day:" + purpose, Subject: share, Window: 24 * time.Hour, Limit: or(g.Limits.ShareDay, 5)})
	}
	if prefix, ok := neighbours(to); ok {
		budgets = append(budgets, store.Budget{Kind: "message:prefix:" + purpose, Subject: g.subject("prefix", prefix), Window: time.Hour, Limit: or(g.Limits.PrefixHour, 200)})
	}
	times := int64(1)
	if purpose == PurposeLogin {
		times = provedTimes
	}
	budgets = append(budgets, store.Budget{Kind: "message:network:" + purpose, Subject: g.subject("network", network), Window: time.Hour, Limit: times * or(g.Limits.NetworkHour, 60)})
	if site != "" {
		budgets = append(budgets, store.Budget{Kind: "message:site:" + purpose, Subject: g.subject("site", site), Window: time.Hour, Limit: times * or(g.Limits.SiteHour, 240)})
	}
	budgets = append(budgets,
		store.Budget{Kind: "message:service:" + purpose, Subject: []byte("service"), Window: time.Hour, Limit: or(g.Limits.ServiceHour, 200_000)})
	waits, err := g.DB.Spend(ctx, g.Now(), budgets...)
	if err != nil {
		return Refusal{}, fmt.Errorf("message budget: %w", err)
	}
	if waits == nil {
		return Refusal{}, nil
	}
	for i, wait := range waits {
		if wait > 0 && g.Refused != nil {
			g.Refused(strings.TrimSuffix(budgets[i].Kind, ":"+purpose))
		}
	}
	return Refusal{Pause: slices.Max(waits[:len(pauses)]), Budget: slices.Max(waits[len(pauses):])}, nil
}

// Notice tells whether an account may be told once more of the same today; of several
// at a time one is. One round trip, two when it may not.
func (g *Budgets) Notice(ctx context.Context, purpose string, account store.AttemptSubject) (bool, error) {
	waits, err := g.DB.Spend(ctx, g.Now(), store.Budget{Kind: "notice:" + purpose, Subject: account.ID[:], Window: 24 * time.Hour, Limit: 1})
	if err != nil {
		return false, fmt.Errorf("budget of notices: %w", err)
	}
	return waits == nil, nil
}

func or(limit, preset int64) int64 {
	if limit > 0 {
		return limit
	}
	return preset
}

// neighbours is what a phone number shares with the ten thousand numbers beside
// it. Those who are paid for messages to their own numbers have them in a row.
func neighbours(to string) (string, bool) {
	const own = 4
	if !strings.HasPrefix(to, "+") || len(to) <= 2*own {
		return "", false
	}
	return to[:len(to)-own], true
}

func (g *Budgets) subject(kind, value string) []byte {
	return g.Ring.MAC("budget", []byte(kind), []byte(value))[:16]
}

// networks are the parts of an address that a subscriber (/24, /64) and, of IPv6, a
// site (/48, RFC 6177) is given.
func networks(from string) (network, site string) {
	address, err := netip.ParseAddr(from)
	if err != nil {
		return from, ""
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return netip.PrefixFrom(address, 24).Masked().String(), ""
	}
	return netip.PrefixFrom(address, 64).Masked().String(), netip.PrefixFrom(address, 48).Masked().String()
}
