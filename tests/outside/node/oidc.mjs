// The certified OpenID provider `oidc-provider` with invented people, for the tests of the portal. Any password is
// accepted. It requires PKCE.
//
//   OIDC_PEOPLE='{"login": {claims}}' OIDC_SECRET=… node oidc.mjs PORT REDIRECT_URI
//
// OIDC_USERINFO_ONLY=1: claims are only at the userinfo endpoint, as with a provider that follows the standard's default.
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const [port, redirectUri] = process.argv.slice(2)
const people = JSON.parse(process.env.OIDC_PEOPLE)
const claims = new Set(Object.values(people).flatMap((person) => Object.keys(person)))

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
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
  findAccount: (_, id) =>
    people[id] && { accountId: id, claims: async () => ({ sub: id, ...people[id] }) },
  // Nobody is asked for consent: the portal is the organisation's own.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({
      clientId: oidc.client.clientId,
      accountId: oidc.session.accountId,
    })
    grant.addOIDCScope('openid profile')
    await grant.save()
    return grant
  },
})
provider.on('server_error', (_, error) => console.error(error))
createServer(provider.callback()).listen(Number(port), '127.0.0.1', () => console.log('listening'))
