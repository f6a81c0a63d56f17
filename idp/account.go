package idp

import (
	"strconv"
	"time"
)

// OID is the stable number of an account, the ЕСИА oid. It is never reused.
type OID int64

// The range of numbers given to accounts: ten to thirteen digits, exact in a JSON number.
const (
	MinOID OID = 1_000_000_000
	MaxOID OID = 1_000_000_000_000
)

// String is the decimal form, used as the public subject.
func (o OID) String() string { return strconv.FormatInt(int64(o), 10) }

// Buckets is how many parts the accounts are spread over.
const Buckets = 4096

// Bucket is the part of the store that holds an account; it leads every
// primary key of what the account owns and is all that a token tells of it.
type Bucket int16

// Bucket spreads accounts evenly whatever the pattern of their numbers
// (Fibonacci hashing: the top 12 bits of a product with 2^64/φ).
func (o OID) Bucket() Bucket { return Bucket(uint64(o) * 0x9E3779B97F4A7C15 >> 52) }

// AccountKind says what an account stands for.
type AccountKind string

// The kinds of account.
const (
	KindPersonal       AccountKind = "personal"
	KindLegal          AccountKind = "legal"
	KindProprietor     AccountKind = "proprietor"
	KindRepresentative AccountKind = "representative"
	KindTemporary      AccountKind = "temporary"
)

// AccountStatus says whether an account may be used.
type AccountStatus string

// The states of an account.
const (
	StatusActive  AccountStatus = "active"
	StatusBlocked AccountStatus = "blocked" // by its owner or an administrator
	StatusDeleted AccountStatus = "deleted" // erased; the number stays taken
)

// SecondFactor is the owner's choice of what follows the first proof.
type SecondFactor string

// The choices of second factor.
const (
	SecondFactorOff SecondFactor = "off"
	SecondFactorSMS SecondFactor = "sms"
)

// Account is what every step must know of an account, free of personal data.
type Account struct {
	OID    OID
	Kind   AccountKind
	Level  Level
	Status AccountStatus
	// SecurityVersion grows when proofs given earlier must stop counting:
	// a new password, a block, a sign-out everywhere.
	SecurityVersion int64
	SecondFactor    SecondFactor
	Lang            string
	CreatedAt       time.Time
}

// SecondFactorCompulsory tells whether the account's level demands two factors,
// whatever its owner chose (R-LOG-2).
func (a *Account) SecondFactorCompulsory() bool { return a.Level >= LevelStandard }
