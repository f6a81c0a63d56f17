// Package metric counts what the provider does, for Prometheus.
//
// It owns the names and labels of the metrics, and that there is a bounded number
// of each. No label holds anything of a person, nor anything that a stranger sent:
// routes are templates, services are registered ones. It never decides anything.
package metric
