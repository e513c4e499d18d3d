// Loads the pages of the portal at a constant rate, each for some seconds, and prints one line of JSON per page.
//
//   node load.mjs ADDRESS VISITORS RATE SECONDS
//
// VISITORS: a file with one JSON object per line: {"cookie": …, "claim": …}. autocannon corrects for requests that were
// sent late (coordinated omission).
import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'

const [address, visitorsFile, rate, seconds] = process.argv.slice(2)
const visitors = readFileSync(visitorsFile, 'utf8').trim().split('\n').map(JSON.parse)

const pages = {
  '/': () => '/',
  '/my': () => '/my',
  '/my/claims/{id}': ({ claim }) => `/my/claims/${claim}`,
  '/my/claims/{id}/sum': ({ claim }) => `/my/claims/${claim}/sum`,
  '/my/claims/{id}/letter': ({ claim }) => `/my/claims/${claim}/letter`,
  '/my/views': () => '/my/views',
  '/my/register': () => '/my/register',
  '/account': () => '/account',
}

let next = 0
function visit(page) {
  return (request) => {
    const visitor = visitors[next++ % visitors.length]
    return { ...request, path: page(visitor), headers: { cookie: visitor.cookie } }
  }
}

async function load(page) {
  return autocannon({
    url: address,
    connections: 25,
    overallRate: Number(rate),
    duration: Number(seconds),
    timeout: 10,
    requests: [{ method: 'GET', setupRequest: visit(page) }],
  })
}

for (const [name, page] of Object.entries(pages)) {
  const result = await load(page)
  const { p50, p97_5, p99, max } = result.latency
  const failed = result.non2xx + result.errors + result.timeouts
  const line = { page: name, requests: result['2xx'], failed, p50, p97_5, p99, max }
  console.log(JSON.stringify(line))
}
