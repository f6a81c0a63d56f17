package guard

import "time"

// networkHosts is how many times the failures of one host its network may have.
const networkHosts = 10

// Failures limits wrong passwords by where they come from: one word tried on many
// accounts trips no account's own count.
type Failures struct {
	Rates *Rates
	Limit int // an hour from one host
	// Refused hears of each refusal by the name of the limit; nil is nobody.
	Refused func(limit string)
}

func (f *Failures) rates() (host, network Rate) {
	return Rate{f.Limit, time.Hour}, Rate{f.Limit * networkHosts, time.Hour}
}

// Full is a *LimitError when no more tries are taken from an address.
func (f *Failures) Full(from string) error {
	host, network := f.rates()
	err := f.Rates.Full("failures of host", Host(from), host)
	if err == nil {
		err = f.Rates.Full("failures of network", Network(from), network)
	}
	if err != nil && f.Refused != nil {
		f.Refused("failures")
	}
	return err
}

// Count counts a wrong password. Of tries at the same time some more may be let
// through than the limit; they are counted as far as there is room.
func (f *Failures) Count(from string) {
	host, network := f.rates()
	_ = f.Rates.Take("failures of host", Host(from), host)          // full is what the next Full tells
	_ = f.Rates.Take("failures of network", Network(from), network) // the same
}
