package metric

import "time"

// Begin counts a request that is being answered; what it gives ends it.
func (m *Metrics) Begin() (end func()) {
	m.inFlight.Inc()
	return m.inFlight.Dec
}

// Request counts an answer. route is the template of the route, empty when there
// is none; outcome is one of a few words.
func (m *Metrics) Request(route, method string, status int, outcome string, took time.Duration) {
	if route == "" {
		route = "(none)"
	}
	method = known(method)
	m.requests.WithLabelValues(route, method, class(status), outcome).Inc()
	m.durations.WithLabelValues(route, method).Observe(took.Seconds())
}

// class is that of a status: the first of its digits tells what it means.
func class(status int) string {
	if i := status / 100; i >= 1 && i <= len(classes) {
		return classes[i-1]
	}
	return other
}

var classes = [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}

// known is a method of HTTP; a stranger may send any word.
func known(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return method
	default:
		return other
	}
}

// Token counts a request of the token endpoint; outcome is "issued" or the code
// of the error. It counts attempts, whether or not anything was committed.
func (m *Metrics) Token(grant, clientID, outcome string) {
	m.tokens.WithLabelValues(grant, m.client(clientID), outcome).Inc()
}

// client is the label of a service: its id if it is registered and one of the
// first so many, since each is a series of its own.
func (m *Metrics) client(id string) string {
	if id == "" || m.known == nil || !m.known(id) {
		return "unknown"
	}
	return m.clients.label(id)
}

// Message counts an attempt to hand a message to its gateway.
func (m *Metrics) Message(channel string, err error) {
	m.messages.WithLabelValues(m.destinations.label(channel), outcome(err)).Inc()
}

// Refused counts a refusal for a limit.
func (m *Metrics) Refused(limit string) { m.refusals.WithLabelValues(m.limits.label(limit)).Inc() }

// Run counts a turn of a background task.
func (m *Metrics) Run(task string, err error) { m.runs.WithLabelValues(task, outcome(err)).Inc() }

func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "done"
}

// Check tells how a check of readiness came out: 1 good, 0.5 degraded, 0 failed.
func (m *Metrics) Check(check string, value float64) { m.checks.WithLabelValues(check).Set(value) }

// Clock tells how far the machine's clock is ahead of the database's.
func (m *Metrics) Clock(offset time.Duration) { m.clock.Set(offset.Seconds()) }
