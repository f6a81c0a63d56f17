// The protocol by npm's openid-client, unmodified. What the person's browser has to
// open is printed as {"open": address}; where that led is read from a line.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import * as client from "openid-client";

const settings = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function browse(address) {
  console.log(JSON.stringify({ open: address.href }));
  return new URL((await lines.next()).value);
}

const config = await client.discovery(new URL(settings.issuer), settings.client, undefined, client.None(), { execute: [client.allowInsecureRequests] });
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const request = {
  redirect_uri: settings.redirect, scope: settings.scope, state, nonce, max_age: "600",
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
};
const callback = await browse(client.buildAuthorizationUrl(config, request));
const tokens = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 600, idTokenExpected: true });
const subject = tokens.claims().sub;
const info = await client.fetchUserInfo(config, tokens.access_token, subject);
assert.ok(info.family_name, "userinfo has no family name");
const again = await client.refreshTokenGrant(config, tokens.refresh_token);
assert.notEqual(again.refresh_token, tokens.refresh_token);
await client.tokenRevocation(config, again.refresh_token, { token_type_hint: "refresh_token" });
await assert.rejects(client.refreshTokenGrant(config, again.refresh_token), (e) => e.error === "invalid_grant");
const goodbye = await browse(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: settings.goodbye, state: "bye" }));
assert.equal(goodbye.searchParams.get("state"), "bye");
const silent = await browse(client.buildAuthorizationUrl(config, { ...request, prompt: "none" }));
assert.equal(silent.searchParams.get("error"), "login_required");
console.log(JSON.stringify({ done: true }));
