package flow

import "time"

// Factor is a class of proof (NIST SP 800-63B §2.1).
type Factor string

// The classes of proof.
const (
	Knowledge  Factor = "knowledge"
	Possession Factor = "possession"
	Inherence  Factor = "inherence"
)

// Method is a way to prove who one is. Its name is its folder, its URL and the
// kind of its credential.
type Method struct {
	Name   string
	Factor Factor
	AMR    string // RFC 8176 §2
	// First tells that the method alone names and proves an account.
	First bool
}

// Proof is one method shown at one moment.
type Proof struct {
	Method string    `json:"m"`
	Factor Factor    `json:"f"`
	AMR    string    `json:"a"`
	First  bool      `json:"1,omitempty"`
	At     time.Time `json:"t"`
}

// The methods. Their proofs are given by the method's page and, for a new account,
// by its registration.
var (
	Password = Method{Name: "password", Factor: Knowledge, AMR: "pwd", First: true}
	SMS      = Method{Name: "sms", Factor: Possession, AMR: "otp"}
)
