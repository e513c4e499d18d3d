// The certified OpenID provider `oidc-provider` with invented people, to try the portal and to test it. It accepts any
// password, and requires PKCE. Never use it for real people.
//
//   node provider.mjs PORT PORTAL_URL
//
// OIDC_PEOPLE or the file OIDC_PEOPLE_FILE   {"login": {claims}}
// OIDC_SECRET           the portal's client secret
// OIDC_ISSUER           the address that browsers and the portal use; http://127.0.0.1:PORT without it
// OIDC_LISTEN           the address to listen on; 127.0.0.1 without it
// OIDC_ANY_CODE=1       a login of ten digits is the person with this national code
// OIDC_USERINFO_ONLY=1  claims are only at the userinfo endpoint, as with a provider that follows the standard's default
// OIDC_NO_LOGOUT=1      the provider has no logout, as some have none
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const [port, portal] = process.argv.slice(2)
const env = process.env
const people = JSON.parse(env.OIDC_PEOPLE ?? readFileSync(env.OIDC_PEOPLE_FILE, 'utf8'))
const claims = new Set(['name', 'national_code', ...Object.values(people).flatMap(Object.keys)])

function person(login) {
  if (Object.hasOwn(people, login)) return people[login]
  if (env.OIDC_ANY_CODE !== '1' || !/^\d{10}$/.test(login)) return undefined
  return { name: login, national_code: login }
}

const provider = new Provider(env.OIDC_ISSUER ?? `http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'peyvand',
      client_secret: env.OIDC_SECRET,
      redirect_uris: [`${portal}/sign-in/callback`],
      post_logout_redirect_uris: [`${portal}/signed-out`],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  claims: { openid: ['sub'], profile: [...claims] },
  conformIdTokenClaims: env.OIDC_USERINFO_ONLY === '1',
  cookies: { keys: ['for trials alone'] },
  features: { rpInitiatedLogout: { enabled: env.OIDC_NO_LOGOUT !== '1' } },
  pkce: { required: () => true },
  findAccount: (_, id) =>
    person(id) && { accountId: id, claims: async () => ({ sub: id, ...person(id) }) },
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
createServer(provider.callback()).listen(Number(port), env.OIDC_LISTEN ?? '127.0.0.1', () => console.log('listening'))
