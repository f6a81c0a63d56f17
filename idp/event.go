package idp

import "time"

// EventName is a name of the audit catalogue.
type EventName string

// The audit catalogue. Events hold no personal data.
const (
	EventRegistered           EventName = "account.registered"
	EventLoginSucceeded       EventName = "login.succeeded"
	EventLoginFailed          EventName = "login.failed"
	EventLoginBlocked         EventName = "login.blocked"
	EventSecondFactorFailed   EventName = "second_factor.failed"
	EventCodeSent             EventName = "code.sent"
	EventSessionEnded         EventName = "session.ended"
	EventSessionsEnded        EventName = "session.ended_all"
	EventPasswordChanged      EventName = "password.changed"
	EventPasswordRehashed     EventName = "password.rehashed"
	EventSecondFactorSet      EventName = "second_factor.set"
	EventConsentGiven         EventName = "consent.given"
	EventConsentDenied        EventName = "consent.denied"
	EventConsentWithdrawn     EventName = "consent.withdrawn"
	EventCodeRedeemed         EventName = "code.redeemed"
	EventCodeReused           EventName = "code.reused"
	EventCodeBurnt            EventName = "code.burnt"
	EventTokenRefreshed       EventName = "token.refreshed"
	EventRefreshReused        EventName = "token.reused"
	EventTokenRevoked         EventName = "token.revoked"
	EventUserinfoRead         EventName = "userinfo.read"
	EventClientCreated        EventName = "client.created"
	EventClientChanged        EventName = "client.changed"
	EventClientDisabled       EventName = "client.disabled"
	EventKeyRotated           EventName = "key.rotated"
	EventKeyRewrapped         EventName = "key.rewrapped"
	EventBackupMade           EventName = "backup.made"
	EventBackupRestored       EventName = "backup.restored"
	EventMessageDeadLettered  EventName = "message.dead_lettered"
	EventAccountBlocked       EventName = "account.blocked"
	EventAccountUnblocked     EventName = "account.unblocked"
	EventAgreementAccepted    EventName = "agreement.accepted"
	EventRegistrationAttempt  EventName = "registration.attempted_existing"
	EventRegistrationStarted  EventName = "registration.started"
	EventRegistrationVerified EventName = "registration.contact_verified"
	EventJournalSearched      EventName = "journal.searched"
	EventJournalExported      EventName = "journal.exported"
)

// Event is one line of the audit journal.
type Event struct {
	ID        [16]byte // UUIDv7: ordered by time
	At        time.Time
	Name      EventName
	OID       OID    // zero when no account is concerned
	ClientID  string // empty when no service is concerned
	Actor     string // "owner", "client", "operator:…", "system"
	RequestID string
	// Data holds a few facts in codes: method, scope, reason. No personal data.
	Data map[string]string
}
