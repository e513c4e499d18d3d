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
// OIDC_AUDIENCE         the API, for which the client `program` gets access tokens as JSON Web Tokens (RFC 9068)
// OIDC_MINT=1           for tests alone: POST /mint signs any token, also a faulty one:
//                       {"login", "header", "claims", "key": "rs256" | "es256" | "stranger" | "secret"}
//
// The keys are new at each start.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { json, text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'

const [port, portal] = process.argv.slice(2)
const env = process.env
const issuer = env.OIDC_ISSUER ?? `http://127.0.0.1:${port}`
const audience = env.OIDC_AUDIENCE ?? 'https://api.example.org'
const people = JSON.parse(env.OIDC_PEOPLE ?? readFileSync(env.OIDC_PEOPLE_FILE, 'utf8'))
const claims = new Set(['name', 'national_code', ...Object.values(people).flatMap(Object.keys)])

function person(login) {
  if (Object.hasOwn(people, login)) return people[login]
  if (env.OIDC_ANY_CODE !== '1' || !/^\d{10}$/.test(login)) return undefined
  return { name: login, national_code: login }
}

// What stands in a page is escaped.
const shown = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)

function page(title, main) {
  return `<!doctype html><html lang="fa" dir="rtl"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>
body { font: 1rem/1.9 Vazirmatn, Tahoma, system-ui, sans-serif; margin: 0 auto; padding: 1.5rem 1rem; max-width: 26rem; color: #222; }
label { display: block; margin-top: .75rem; } input { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem .6rem; }
button { font: inherit; padding: .4rem 1rem; margin: .25rem 0 .25rem .25rem; min-height: 2.75rem; cursor: pointer; }
</style><main><h1>${title}</h1>${main}</main></html>`
}

function signInPage(wrong) {
  const logins = Object.keys(people).map((login) => `<button name="as" value="${shown(login)}" dir="ltr">${shown(login)}</button>`)
  return page(
    'درگاه ورود آزمایشی',
    `<p>آدم‌ها ساختگی‌اند و هر رمزی پذیرفته است.</p>${wrong ? '<p role="alert"><strong>چنین کسی نیست.</strong></p>' : ''}
<form method="post"><label>نام یا کد ملی<input name="login" dir="ltr" autocomplete="off" autofocus></label>
<label>رمز<input name="password" type="password" dir="ltr" autocomplete="off"></label><button type="submit">ورود</button>
<p>یا با یک لمس:</p>${logins.join('')}</form>`,
  )
}

async function newKey(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const kid = randomUUID()
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' } }
}

const keys = {
  rs256: await newKey('RS256'),
  es256: await newKey('ES256'),
  stranger: await newKey('RS256'),
  secret: { alg: 'HS256', privateKey: new TextEncoder().encode(env.OIDC_SECRET.padEnd(64)) },
}

const provider = new Provider(issuer, {
  jwks: { keys: [keys.rs256.jwk, keys.es256.jwk] },
  clients: [
    {
      client_id: 'program',
      client_secret: env.OIDC_SECRET,
      redirect_uris: ['http://127.0.0.1:9/program'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
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
  features: {
    devInteractions: { enabled: false },
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
    rpInitiatedLogout: {
      enabled: env.OIDC_NO_LOGOUT !== '1',
      // Who proves by an ID token whose session it is, is asked nothing.
      logoutSource(ctx, form) {
        const known = ctx.oidc.entities.IdTokenHint !== undefined
        const button = '<button form="op.logoutForm" name="logout" value="yes">بیرون رفتن</button>'
        const send = known ? '<script>document.querySelector("button").click()</script>' : ''
        ctx.body = page('بیرون رفتن از درگاه ورود', `${form}${button}${send}`)
      },
    },
  },
  pkce: { required: () => true },
  extraTokenClaims: (_, token) => person(token.accountId),
  findAccount: (_, id) =>
    person(id) && { accountId: id, claims: async () => ({ sub: id, ...person(id) }) },
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
const answer = provider.callback()

async function signIn(request, response) {
  let wrong = false
  if (request.method === 'POST') {
    const form = new URLSearchParams(await text(request))
    const login = (form.get('as') ?? form.get('login') ?? '').trim()
    wrong = person(login) === undefined
    if (!wrong) return provider.interactionFinished(request, response, { login: { accountId: login } })
  }
  // Fails for a sign-in that nobody has begun.
  await provider.interactionDetails(request, response)
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  response.end(signInPage(wrong))
}

async function mint({ login, header = {}, claims = {}, key = 'rs256' }) {
  const { alg, kid, privateKey } = keys[key]
  const now = Math.floor(Date.now() / 1000)
  const usual = { iss: issuer, aud: audience, sub: login, client_id: 'program', jti: randomUUID(), iat: now, exp: now + 600 }
  return new SignJWT({ ...usual, ...person(login), ...claims })
    .setProtectedHeader({ alg, typ: 'at+jwt', ...(kid && { kid }), ...header })
    .sign(privateKey)
}

const server = createServer(async (request, response) => {
  if (request.url === '/mint' && env.OIDC_MINT === '1') return response.end(await mint(await json(request)))
  if (!request.url.startsWith('/interaction/')) return answer(request, response)
  return signIn(request, response).catch((error) => response.writeHead(400).end(`${error.name}\n`))
})
server.listen(Number(port), env.OIDC_LISTEN ?? '127.0.0.1', () => console.log('listening'))
