package audit_test

import (
	"testing"
	"time"

	"vhod/store/storetest"
)

// BenchmarkSeal measures how many events that wait are sealed in a second, the
// anchor included. The database is told before that the queue is empty, as it
// mostly is.
func BenchmarkSeal(b *testing.B) {
	const events = 100_000
	for engine, fill := range map[string]string{
		storetest.SQLite: `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO event SELECT i % 4096, randomblob(16), i, $2 + i, 'login.succeeded', 'bank', 'owner', hex(randomblob(8)), '{"amr":"pwd otp"}' FROM n`,
		storetest.Postgres: `INSERT INTO event SELECT i % 4096, gen_random_uuid(), i, $2 + i, 'login.succeeded', 'bank', 'owner', md5(i::text), '{"amr":"pwd otp"}'
			FROM generate_series(1, $1::bigint) AS i`,
	} {
		b.Run(engine, func(b *testing.B) {
			db, clock := storetest.Open(b, engine)
			s := newSite(b, db, clock)
			sealer := s.sealer(db)
			for range 10 { // what is planned once is planned for this
				s.write(b.Context(), 3)
				s.sealAll(sealer)
			}
			s.exec("ANALYZE event")
			var spent time.Duration
			n := 0
			for b.Loop() {
				b.StopTimer()
				if _, err := db.Q(b.Context()).Exec(b.Context(), fill, int64(events), clock.Now()); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				start := time.Now()
				s.sealAll(sealer)
				if err := sealer.Anchor(b.Context()); err != nil {
					b.Fatal(err)
				}
				spent += time.Since(start)
				n += events
			}
			b.ReportMetric(float64(n)/spent.Seconds(), "events/s")
		})
	}
}
