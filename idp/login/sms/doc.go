// Package sms is the method "sms": a code sent to the verified phone of an
// account, as a second factor.
//
// It owns sending, resending and checking that code. It never decides whether a
// second factor is due: flow.Next does.
package sms
