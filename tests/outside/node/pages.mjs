// Opens the pages of a folder in Chromium, as a phone and as a desk, with the content security policy of the service:
// pages.mjs FOLDER POLICY [SHOTS]
// Looks for overflow at 320 px on every page; on a sample of the pages that differ only in their sentences, also with
// axe-core, at 200 % text, at 390 px and at 1280 px. With SHOTS, looks so at every page, and writes a picture of each.
// The last line of output is the result as JSON; the exit status is 1 on a fault.
import { readFile, readdir, mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const [folder, policy, shots] = process.argv.slice(2);
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.woff2': 'font/woff2' };
// A grey point in the place of every stored picture.
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==', 'base64');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

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

// Pages of a person are of one template each. These people have every part of the templates.
const SAMPLE = ['approved', 'paid', 'renewed', 'returned', 'no_account', 'days_short', 'awaiting_list', 'many_reasons'];
const OF_A_PERSON = /^(my|claim|letter|sum)-(.*)\.html$/;
const isSampled = (name) => shots || !OF_A_PERSON.test(name) || SAMPLE.includes(OF_A_PERSON.exec(name)[2]);

const faults = [];
const names = (await readdir(folder)).filter((name) => name.endsWith('.html')).sort();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
// axe adds its own script to the page, which the policy would refuse; a second context without it looks with axe.
const context = await browser.newContext({ viewport: { width: 320, height: 800 } });
const withAxe = await browser.newContext({ viewport: { width: 390, height: 844 }, bypassCSP: true });
const page = await context.newPage();
const axePage = await withAxe.newPage();
let where = '';
page.on('console', (message) => {
  if (message.type() === 'error' && !message.location().url.endsWith('favicon.ico')) faults.push(`${where}: ${message.text()}`);
});
page.on('pageerror', (error) => faults.push(`${where}: ${error.message}`));

async function overflow(name, how) {
  const wide = await page.evaluate(() => {
    const limit = document.documentElement.clientWidth + 1;
    if (document.documentElement.scrollWidth <= limit) return [];
    const out = (box) => box.right > limit || box.left < -1;
    return [...document.querySelectorAll('body *')].filter((e) => out(e.getBoundingClientRect())).slice(0, 3).map((e) => `${e.tagName}.${e.className}`);
  });
  if (wide.length > 0) faults.push(`${name}: overflow ${how}: ${wide.join(', ')}`);
}

if (shots) await mkdir(shots, { recursive: true });
let sampled = 0;
for (const name of names) {
  where = name;
  await page.setViewportSize({ width: 320, height: 800 });
  await page.goto(`${origin}/${name}`);
  await page.evaluate(() => document.fonts.ready);
  await overflow(name, 'at 320 px');
  if (shots) await page.screenshot({ path: join(shots, `${name}-320.png`), fullPage: true });
  if (!isSampled(name)) continue;
  sampled += 1;
  await page.setViewportSize({ width: 640, height: 900 });
  await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  await overflow(name, 'at 200 % text');
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await overflow(name, `at ${width} px`);
    if (shots) await page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
  }
  await axePage.goto(`${origin}/${name}`);
  const { violations } = await new AxeBuilder({ page: axePage }).withTags(RULES).analyze();
  for (const violation of violations) {
    faults.push(`${name}: axe ${violation.id}: ${violation.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
  }
}

// Progressive enhancement: the code is judged while it is typed, in digits of a Persian keyboard, and days are limited.
where = 'register.html';
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

await browser.close();
server.close();
for (const fault of faults) console.error(`pages: ${fault}`);
console.log(JSON.stringify({ pages: names.length, sampled }));
process.exitCode = faults.length === 0 ? 0 : 1;
