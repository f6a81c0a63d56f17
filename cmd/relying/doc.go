// Package relying is a sample of what stands on the other side of an identity
// provider: a bank and a state service that sign people in by OpenID Connect
// and show everything they were told.
//
// It owns its pages, its sessions (in memory, bounded) and its use of
// coreos/go-oidc and x/oauth2. The bank authenticates with a secret, the state
// service with a signed assertion.
//
// It never imports the provider's packages: it knows the provider by its issuer
// address alone, as a stranger's service would.
package relying
