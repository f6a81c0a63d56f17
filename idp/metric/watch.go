package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

// Sources are what is looked at whenever Prometheus asks; nothing of it asks the
// database.
type Sources struct {
	DB     *store.DB
	Hasher *keys.Hasher
	Ring   *keys.Ring
	Now    idp.Clock
	// Known tells whether a service is registered.
	Known func(clientID string) bool
	// Successes tells how long ago each background task last did its work.
	Successes func() map[string]time.Duration
}

// Watch takes the sources in; it is called once, before anything is counted.
func (m *Metrics) Watch(s Sources) {
	m.known = s.Known
	m.add(&watcher{s, m})
}

// Certificate watches the end of the certificate that is served.
func (m *Metrics) Certificate(notAfter func() time.Time) {
	m.add(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: prefix + "certificate_expiry_timestamp_seconds", Help: "When the certificate in use ends."},
		func() float64 { return float64(notAfter().Unix()) }))
}

// watcher reads the sources at each scrape.
type watcher struct {
	Sources
	metrics *Metrics
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, labels, nil)
}

var (
	hashRunning  = describe("hash_running", "Password hashes being made.")
	hashWaiting  = describe("hash_waiting", "Password hashes waiting for their turn.")
	hashSlots    = describe("hash_slots", "Password hashes that may run at once.")
	hashCapacity = describe("hash_queue_capacity", "Password hashes that may wait.")
	hashes       = describe("hashes_total", "Password hashes made.")
	hashRefused  = describe("hash_refused_total", "Askers turned away because the queue of hashes was full.")

	poolConnections = describe("database_connections", "Connections to the database.", "pool", "state")
	poolMax         = describe("database_connections_max", "Connections that may be open.", "pool")
	poolWaits       = describe("database_waits_total", "How often no connection was free at once.", "pool")
	poolWaited      = describe("database_wait_seconds_total", "How long was waited for a connection.", "pool")
	trips           = describe("database_round_trips_total", "Round trips to the database.")
	statements      = describe("database_statements_total", "Statements, those of batches included.")

	keyCount  = describe("keys", "Keys of the ring.", "use", "alg", "state")
	keyAge    = describe("key_age_seconds", "Age of the oldest key in a state, since it was activated; negative of one to come.", "use", "alg", "state")
	keyRetire = describe("key_retire_seconds", "Time until the key in use is to be replaced; negative is overdue.", "use", "alg")

	taskSuccess = describe("background_since_success_seconds", "How long ago a background task last did its work.", "task")
)

// Describe implements prometheus.Collector.
func (w *watcher) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		hashRunning, hashWaiting, hashSlots, hashCapacity, hashes, hashRefused,
		poolConnections, poolMax, poolWaits, poolWaited, trips, statements, keyCount, keyAge, keyRetire, taskSuccess, outboxJobs, outboxOldest,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (w *watcher) Collect(to chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	load := w.Hasher.Load()
	send(hashRunning, gauge, float64(load.Running))
	send(hashWaiting, gauge, float64(load.Waiting))
	send(hashSlots, gauge, float64(load.Slots))
	send(hashCapacity, gauge, float64(load.Capacity))
	send(hashes, counter, float64(load.Done))
	send(hashRefused, counter, float64(load.Refused))
	for _, p := range w.DB.Pools() {
		send(poolConnections, gauge, float64(p.InUse), p.Name, "in_use")
		send(poolConnections, gauge, float64(p.Idle), p.Name, "idle")
		send(poolMax, gauge, float64(p.Max), p.Name)
		send(poolWaits, counter, float64(p.Waits), p.Name)
		send(poolWaited, counter, p.Waited.Seconds(), p.Name)
	}
	stats := w.DB.Stats()
	send(trips, counter, float64(stats.Trips))
	send(statements, counter, float64(stats.Statements))
	w.metrics.sendOutbox(to, w.Now())
	for task, since := range w.Successes() {
		send(taskSuccess, gauge, since.Seconds(), task)
	}
	for name, k := range w.keys() {
		send(keyCount, gauge, float64(k.count), name.use, name.alg, name.state)
		send(keyAge, gauge, k.age.Seconds(), name.use, name.alg, name.state)
		if k.ends {
			send(keyRetire, gauge, k.left.Seconds(), name.use, name.alg)
		}
	}
}

type keyName struct{ use, alg, state string }

type keyState struct {
	count int
	age   time.Duration
	ends  bool
	left  time.Duration // until it is to be replaced, if it ends
}

func (w *watcher) keys() map[keyName]keyState {
	all, now := map[keyName]keyState{}, w.Now()
	for _, info := range w.Ring.List() {
		name := keyName{string(info.Use), info.Alg, string(info.State)}
		k, age := all[name], now.Sub(info.ActivateAt)
		if k.count == 0 || age > k.age {
			k.age = age
		}
		k.count++
		if due := w.Ring.DueAt(info); !due.IsZero() {
			k.ends, k.left = true, due.Sub(now)
		}
		all[name] = k
	}
	return all
}
