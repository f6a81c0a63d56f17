package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vhod/store"
)

var (
	outboxJobs   = describe("outbox_jobs", "Jobs that are queued, and dead letters (failed).", "destination", "state")
	outboxOldest = describe("outbox_oldest_seconds", "Age of the oldest queued job.", "destination")
)

// Outbox tells how the outbox stands; what is not named is empty.
func (m *Metrics) Outbox(all []store.OutboxState) { m.outbox.Store(&all) }

type outboxName struct{ destination, state string }

// sendOutbox gives what was told last. The age goes on growing when nobody tells
// any more.
func (m *Metrics) sendOutbox(to chan<- prometheus.Metric, now time.Time) {
	all := m.outbox.Load()
	if all == nil {
		return
	}
	jobs, oldest := map[outboxName]int64{}, map[string]time.Duration{}
	for _, o := range *all {
		destination := m.destinations.label(o.Destination)
		jobs[outboxName{destination, o.State}] += o.Jobs
		if o.State == store.JobQueued {
			oldest[destination] = max(oldest[destination], now.Sub(o.Oldest))
		}
	}
	for name, n := range jobs {
		to <- prometheus.MustNewConstMetric(outboxJobs, prometheus.GaugeValue, float64(n), name.destination, name.state)
	}
	for destination, age := range oldest {
		to <- prometheus.MustNewConstMetric(outboxOldest, prometheus.GaugeValue, age.Seconds(), destination)
	}
}
