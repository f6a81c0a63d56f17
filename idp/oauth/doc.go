// Package oauth is OpenID Connect and OAuth 2: authorize, token, userinfo,
// discovery, keys, introspection, revocation, sign-out.
//
// It owns the protocol and is the only code that knows fosite, which it fences:
// requests are parsed here, codes and tokens are spent here. It never
// authenticates a person: it begins a flow and answers when the flow is done.
package oauth
