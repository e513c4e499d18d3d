// The certified OpenID provider `oidc-provider` with invented people, for the tests of the portal. Any password is
// accepted. It requires PKCE.
//
//   OIDC_PEOPLE='{"login": {claims}}' OIDC_SECRET=… node oidc.mjs PORT REDIRECT_URI
//
// OIDC_USERINFO_ONLY=1: claims are only at the userinfo endpoint, as with a provider that follows the standard's default.
//
// Programs get access tokens for the API as JSON Web Tokens (RFC 9068): the client `program` asks for the resource
// OIDC_AUDIENCE. The keys are new at each start. POST /mint signs any token, also a faulty one:
//   {"login", "header", "claims", "key": "rs256" | "es256" | "stranger" | "secret"}
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'

const [port, redirectUri] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`
const audience = process.env.OIDC_AUDIENCE ?? 'https://api.example.org'
const people = JSON.parse(process.env.OIDC_PEOPLE)
const claims = new Set(Object.values(people).flatMap((person) => Object.keys(person)))

async function newKey(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const kid = randomUUID()
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' } }
}

const keys = {
  rs256: await newKey('RS256'),
  es256: await newKey('ES256'),
  stranger: await newKey('RS256'),
  secret: { alg: 'HS256', privateKey: new TextEncoder().encode(process.env.OIDC_SECRET.padEnd(64)) },
}

const provider = new Provider(issuer, {
  jwks: { keys: [keys.rs256.jwk, keys.es256.jwk] },
  clients: [
    {
      client_id: 'program',
      client_secret: process.env.OIDC_SECRET,
      redirect_uris: ['http://127.0.0.1:9/program'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
    {
      client_id: 'peyvand',
      client_secret: process.env.OIDC_SECRET,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  claims: { openid: ['sub'], profile: [...claims] },
  conformIdTokenClaims: process.env.OIDC_USERINFO_ONLY === '1',
  cookies: { keys: ['for tests alone'] },
  pkce: { required: () => true },
  features: {
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'api',
        audience,
        accessTokenTTL: 600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  extraTokenClaims: (_, token) => people[token.accountId],
  findAccount: (_, id) =>
    people[id] && { accountId: id, claims: async () => ({ sub: id, ...people[id] }) },
  // Nobody is asked for consent: the portal is the organisation's own.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({
      clientId: oidc.client.clientId,
      accountId: oidc.session.accountId,
    })
    grant.addOIDCScope('openid profile')
    grant.addResourceScope(audience, 'api')
    await grant.save()
    return grant
  },
})
provider.on('server_error', (_, error) => console.error(error))

async function mint({ login, header = {}, claims = {}, key = 'rs256' }) {
  const { alg, kid, privateKey } = keys[key]
  const now = Math.floor(Date.now() / 1000)
  const usual = { iss: issuer, aud: audience, sub: login, client_id: 'program', jti: randomUUID(), iat: now, exp: now + 600 }
  return new SignJWT({ ...usual, ...people[login], ...claims })
    .setProtectedHeader({ alg, typ: 'at+jwt', ...(kid && { kid }), ...header })
    .sign(privateKey)
}

const callback = provider.callback()
createServer(async (request, response) => {
  if (request.url !== '/mint') return callback(request, response)
  const parts = []
  for await (const part of request) parts.push(part)
  response.end(await mint(JSON.parse(Buffer.concat(parts).toString())))
}).listen(Number(port), '127.0.0.1', () => console.log('listening'))
