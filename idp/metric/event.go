package metric

import "vhod/idp"

// Event counts what an event of the audit journal tells of. It is to hear of
// events once they are committed; so no handler can forget to count, and nothing
// is counted that did not happen.
func (m *Metrics) Event(e idp.Event) {
	m.events.WithLabelValues(string(e.Name)).Inc()
	switch e.Name {
	case idp.EventLoginSucceeded:
		m.signIn(e.Data["amr"], "succeeded")
		m.sessions.Inc()
	case idp.EventLoginFailed, idp.EventSecondFactorFailed:
		m.signIn(e.Data["method"], "failed")
	case idp.EventLoginBlocked:
		m.signIn(e.Data["method"], "blocked")
	case idp.EventCodeSent:
		m.codes.WithLabelValues(m.methods.label(e.Data["channel"]), m.methods.label(e.Data["purpose"])).Inc()
	case idp.EventCodeRedeemed:
		m.grants.Inc()
	case idp.EventMessageDeadLettered:
		m.letters.WithLabelValues(m.destinations.label(e.Data["destination"])).Inc()
	default: // counted by its name
	}
}

func (m *Metrics) signIn(method, outcome string) {
	m.signIns.WithLabelValues(m.methods.label(method), outcome).Inc()
}
