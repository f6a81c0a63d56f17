package idp

import "time"

// Clock tells the time; the sandbox moves it, tests hold it still.
type Clock func() time.Time

// SystemClock is the machine's clock in UTC.
func SystemClock() time.Time { return time.Now().UTC() }
