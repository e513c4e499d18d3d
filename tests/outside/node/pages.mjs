// Opens the pages of a folder in Chromium, with the content security policy of the service:
// pages.mjs FOLDER POLICY [SHOTS]
// Every page: nothing overflows at 320 px, at 1280 px and with text at 200 %; axe-core finds nothing; nothing is asked of
// another host. What a screen reader reads of «my-*» is written to FOLDER/spoken. With SHOTS, also a picture of each page.
// The last line of output is the result as JSON; the exit status is 1 on a fault.
import { readFile, readdir, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const [folder, policy, shots] = process.argv.slice(2);
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.woff2': 'font/woff2', '.svg': 'image/svg+xml' };
// A grey point in the place of every stored picture.
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==', 'base64');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// The widths of a small phone, a phone and a desk.
const WIDTHS = [320, 390, 1280];
const WORKERS = 2;

const server = createServer(async (request, response) => {
  try {
    const path = new URL(request.url, 'http://localhost').pathname;
    if (path.startsWith('/my/pictures/')) {
      response.writeHead(200, { 'content-type': 'image/png' });
      response.end(PICTURE);
      return;
    }
    const body = await readFile(join(folder, path));
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain', 'content-security-policy': policy });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const origin = `http://127.0.0.1:${server.address().port}`;

const faults = [];
const names = (await readdir(folder)).filter((name) => name.endsWith('.html')).sort();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
await mkdir(join(folder, 'spoken'), { recursive: true });
if (shots) await mkdir(shots, { recursive: true });

async function open() {
  const page = await (await browser.newContext({ viewport: { width: 320, height: 800 } })).newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.location().url.endsWith('favicon.ico')) faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) faults.push(`${page.url()} asks ${request.url()}`);
  });
  return page;
}

async function overflow(page, name, how) {
  const wide = await page.evaluate(() => {
    const limit = window.innerWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    const out = (box) => box.right > limit + 1 || box.left < -1;
    return [document.documentElement, ...document.querySelectorAll('body *')].filter((e) => out(e.getBoundingClientRect())).slice(0, 3).map((e) => `${e.tagName}.${e.className}`);
  });
  if (wide.length > 0) faults.push(`${name}: overflow ${how}: ${wide.join(', ')}`);
}

// The checker runs outside the page's own world, so the policy stays in force.
async function audit(page, name) {
  await page.evaluate(`if (!window.axe) { ${axe.source} }`);
  const { violations, passes } = await page.evaluate(async (tags) => {
    const found = await window.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    const violations = found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
    return { violations, passes: found.passes.length };
  }, RULES);
  for (const violation of violations) faults.push(`${name}: axe ${violation}`);
  if (passes < 15) faults.push(`${name}: axe has checked only ${passes} rules`);
}

async function look(page, name) {
  await page.setViewportSize({ width: WIDTHS[0], height: 800 });
  await page.goto(`${origin}/${name}`);
  await page.evaluate(() => document.fonts.ready);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    await overflow(page, name, `at ${width} px`);
    if (shots) await page.screenshot({ path: join(shots, `${name.replace('.html', '')}-${width}.png`), fullPage: true });
    if (width !== 390) continue;
    await audit(page, name);
    await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
    await overflow(page, name, 'with text at 200 %');
    await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
  }
  if (!name.startsWith('my-')) return;
  const spoken = await page.locator('main').ariaSnapshot();
  const letter = spoken.trim().replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '{id}');
  await writeFile(join(folder, 'spoken', name.replace('.html', '.yml')), `${letter}\n`);
}

// Progressive enhancement: the code is judged while it is typed, in digits of a Persian keyboard, and days are limited.
async function registration(page) {
  await page.goto(`${origin}/register.html`);
  await page.fill('#spouse', '۰۰۱۲۳۴۵۶۷۹');
  if (!(await page.textContent('#spouse-live')).includes('درست است')) faults.push('a correct code is not recognised');
  await page.fill('#spouse', '1234567890');
  if (!(await page.textContent('#spouse-live')).includes('کد ملی نیست')) faults.push('a wrong code is not recognised');
  await page.selectOption('#month', '12');
  await page.selectOption('#year', '1404');
  const enabled = await page.evaluate(() => [...document.querySelectorAll('#day option')].filter((o) => !o.disabled).length - 1);
  if (enabled !== 29) faults.push(`Esfand 1404 offers ${enabled} days`);
  await page.goto(`${origin}/register-errors.html`);
  const focused = await page.evaluate(() => document.activeElement?.id);
  if (focused !== 'errors') faults.push(`the focus is on ${focused}, not on the errors`);
}

const began = performance.now();
const left = [...names];
async function work() {
  const page = await open();
  for (let name = left.shift(); name !== undefined; name = left.shift()) await look(page, name);
  await page.context().close();
}
await Promise.all(Array.from({ length: WORKERS }, work));
await registration(await open());
const seconds = Math.round((performance.now() - began) / 1000);

await browser.close();
server.close();
for (const fault of faults) console.error(`pages: ${fault}`);
console.log(JSON.stringify({ pages: names.length, seconds }));
process.exitCode = faults.length === 0 ? 0 : 1;
