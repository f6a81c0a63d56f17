package metric

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vhod/store"
)

// Build is what the program was built from.
type Build struct{ Version, Revision, Go string }

// Metrics are all metrics of one provider; safe for use by many goroutines.
type Metrics struct {
	registry *prometheus.Registry
	all      []prometheus.Collector

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge

	events   *prometheus.CounterVec
	signIns  *prometheus.CounterVec
	codes    *prometheus.CounterVec
	sessions prometheus.Counter
	grants   prometheus.Counter
	letters  *prometheus.CounterVec

	tokens   *prometheus.CounterVec
	messages *prometheus.CounterVec
	refusals *prometheus.CounterVec
	runs     *prometheus.CounterVec
	checks   *prometheus.GaugeVec
	clock    prometheus.Gauge
	outbox   atomic.Pointer[[]store.OutboxState]

	known        func(clientID string) bool
	clients      few
	destinations few
	limits       few
	methods      few
}

// How many values of a label are told apart.
const (
	maxClients      = 200
	maxDestinations = 50
	maxLimits       = 50
	maxMethods      = 50
)

// buckets reach from an answer out of memory to the longest that a request may take.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// New makes the metrics; Watch completes them.
func New(b Build) *Metrics {
	m := &Metrics{
		registry:     prometheus.NewRegistry(),
		clients:      few{max: maxClients},
		destinations: few{max: maxDestinations},
		limits:       few{max: maxLimits},
		methods:      few{max: maxMethods},
	}
	m.requests = counters(m, "http_requests_total", "Requests answered.", "route", "method", "class", "outcome")
	m.durations = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: prefix + "http_request_duration_seconds", Help: "How long requests took to answer.", Buckets: buckets,
	}, []string{"route", "method"})
	m.inFlight = prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "http_in_flight", Help: "Requests being answered."})
	m.events = counters(m, "audit_events_total", "Events of the audit journal that were committed.", "event")
	m.signIns = counters(m, "sign_ins_total", "Tries to sign in, as journaled: a success once all its factors were shown, each wrong factor, each block.", "method", "outcome")
	m.codes = counters(m, "codes_sent_total", "Codes queued to be sent.", "channel", "purpose")
	m.letters = counters(m, "dead_letters_total", "Messages given up.", "destination")
	m.sessions = prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + "sessions_created_total", Help: "Sessions begun."})
	m.grants = prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + "grants_created_total", Help: "Grants made of authorization codes."})
	m.tokens = counters(m, "token_requests_total", "Requests of the token endpoint; outcome is issued or the error.", "grant", "client", "outcome")
	m.messages = counters(m, "message_attempts_total", "Attempts to hand a message to its gateway.", "channel", "outcome")
	m.refusals = counters(m, "refusals_total", "Refusals because a limit was met; a request may meet several.", "limit")
	// Prometheus sees a counter grow only where it was before: this one is alerted
	// about at its first step.
	m.refusals.WithLabelValues(m.limits.label("message:service"))
	m.runs = counters(m, "background_runs_total", "Turns of what runs beside requests.", "task", "outcome")
	m.checks = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: prefix + "health_check", Help: "Outcome of a check of readiness: 1 good, 0.5 degraded, 0 failed."}, []string{"check"})
	m.clock = prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "clock_offset_seconds", Help: "How far this machine's clock is ahead of the database's."})
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: prefix + "build_info", Help: "What the program was built from; always 1."}, []string{"version", "revision", "go"})
	info.WithLabelValues(b.Version, b.Revision, b.Go).Set(1)
	m.add(m.durations, m.inFlight, m.sessions, m.grants, m.checks, m.clock, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

const prefix = "vhod_"

func counters(m *Metrics, name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
	m.add(v)
	return v
}

// add registers; two of one name are a mistake of the program.
func (m *Metrics) add(all ...prometheus.Collector) {
	m.registry.MustRegister(all...)
	m.all = append(m.all, all...)
}

// Handler answers Prometheus. It belongs on a listener that strangers do not reach.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Timeout: scrapeTimeout, MaxRequestsInFlight: 4})
}

const scrapeTimeout = 10 * time.Second
