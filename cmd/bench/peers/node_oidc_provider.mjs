// node-oidc-provider as its documentation begins it: everything in memory, its own
// development pages, which take any password unhashed. One service, whose consent
// counts as given. Prints its port; ends with its standard input.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [issuer, client_id, client_secret, redirect_uri] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const provider = new Provider(issuer, {
  clients: [{
    client_id,
    client_secret,
    redirect_uris: [redirect_uri],
    grant_types: ['authorization_code', 'client_credentials'],
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
  }],
  cookies: { keys: ['bench'] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'bench' }] },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  features: { clientCredentials: { enabled: true } },
  scopes: ['openid', 'profile', 'email'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
  conformIdTokenClaims: true,
  findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, name: 'Иван Проверочный', email: sub }) }),
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});
provider.proxy = true;

const server = createServer(provider.callback());
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
