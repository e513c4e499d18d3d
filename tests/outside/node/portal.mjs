// A person's journey through the portal in Chromium, at 320, 390 and 1280 px, with and without scripts:
// portal.mjs ORIGIN SPOUSE [SCREENS]
// Sign-in at the provider, the own file, a claim with its sum and letter, the views, and a registration with a fault first.
// Then the same by keyboard alone, and what a visit to /my weighs.
// With SCREENS, writes pictures of the pages at 390 px and 1280 px. The exit status is 1 on a fault.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [origin, spouse, screens] = process.argv.slice(2);
const faults = [];
// KiB of a first visit to /my, and of a second one; the browser keeps style sheet, script and font.
const FIRST_VISIT_KB = 90;
const SECOND_VISIT_KB = 15;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

async function open(javaScriptEnabled, width) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, javaScriptEnabled, locale: 'fa-IR' });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  const own = (url) => url.startsWith(origin);
  page.on('console', (message) => {
    const expected = / (422|404) /.test(message.text());
    if (message.type() === 'error' && own(message.location().url) && !expected) faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => own(page.url()) && faults.push(`${page.url()}: ${error.message}`));
  return page;
}

async function signIn(page, login, path) {
  await page.goto(origin + path);
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', 'x');
  await page.click('button[type=submit]');
  await page.waitForURL(`${origin}${path}`);
}

async function look(page, ...texts) {
  const body = await page.textContent('main');
  for (const text of texts) if (!body.includes(text)) faults.push(`${page.url()} lacks «${text}»`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 1) faults.push(`${page.url()} is ${wide} px wider than the screen`);
}

// The page is the one that the link leads to.
async function follow(page, text) {
  await Promise.all([page.waitForNavigation(), page.click(`main >> text=${text}`)]);
}

async function send(page, button) {
  await Promise.all([page.waitForNavigation(), page.click(`main button >> text=${button}`)]);
}

async function register(page, code, day = '15') {
  await page.selectOption('#day', day);
  await page.selectOption('#month', '7');
  await page.selectOption('#year', '1404');
  await page.fill('#spouse', code);
  await page.check('#undertaking');
  await send(page, 'ادامه و بازبینی');
}

// Here and at the provider, whose page has a button where no scripts run.
async function signOut(page, scripts) {
  await page.click('header button');
  if (!scripts) {
    await page.waitForURL((url) => !url.href.startsWith(origin));
    await page.click('button[name=logout]');
  }
  await page.waitForURL(`${origin}/signed-out?state=provider`);
  await look(page, 'هم در این سامانه و هم در درگاه ورود');
  await page.goto(`${origin}/my`);
  if (page.url().startsWith(origin)) faults.push('the file is open after a sign-out');
}

async function journey(scripts, login, width, day) {
  const page = await open(scripts, width);
  await signIn(page, 'married1', '/my');
  await look(page, 'واریز شد', '۱۰۳٬۹۰۹٬۶۸۰ ریال');
  await follow(page, 'همهٔ شرط‌ها و مسیر پرونده');
  await look(page, 'شرط از', 'مسیر پرونده تا امروز');
  await follow(page, 'حساب ماه به ماه');
  await look(page, 'میانگین');
  await page.goBack();
  await follow(page, 'نامه برای چاپ');
  await look(page, '۱۰۳٬۹۰۹٬۶۸۰ ریال');
  await page.goto(`${origin}/my/views`);
  await look(page, 'خودتان');
  await signOut(page, scripts);

  const other = await open(scripts, width);
  await signIn(other, login, '/my/register');
  await register(other, '1234567890', day);
  await look(other, 'این شماره کد ملی نیست');
  const focused = await other.evaluate(() => document.activeElement?.id);
  if (focused !== 'errors') faults.push(`the focus is on ${focused}, not on the errors`);
  if ((await other.inputValue('#spouse')) !== '1234567890') faults.push('what was typed is lost');
  await register(other, spouse, day);
  await look(other, 'هنوز چیزی ثبت نشده است', `${Number(day).toLocaleString('fa')} مهر ۱۴۰۴`);
  await send(other, 'برگشت و تغییر');
  await register(other, spouse, day);
  await send(other, 'ثبت کن');
  await look(other, 'شمارهٔ پیگیری');
  const number = await other.textContent('.number');
  await other.reload();
  if ((await other.textContent('.number')) !== number) faults.push('the receipt does not survive a reload');
}

// Tab until the focus is on an element with this text or id. Each stop shows where the focus is.
async function tabTo(page, wanted) {
  for (let stop = 0; stop < 80; stop += 1) {
    await page.keyboard.press('Tab');
    const [text, id, isSeen] = await page.evaluate(() => {
      const at = document.activeElement;
      const style = getComputedStyle(at);
      return [at.textContent.trim(), at.id, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
    });
    if (!isSeen) faults.push(`${page.url()}: the focus on «${text.slice(0, 30)}» is not seen`);
    if (id === wanted || text.startsWith(wanted)) return;
  }
  faults.push(`${page.url()}: the keyboard does not reach «${wanted}»`);
}

async function enter(page) {
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}

async function keyboard(scripts, day) {
  const page = await open(scripts, 390);
  await signIn(page, 'married1', '/my');
  await tabTo(page, 'رفتن به متن صفحه');
  await page.keyboard.press('Enter');
  await tabTo(page, 'همهٔ شرط‌ها و مسیر پرونده');
  await enter(page);
  // A condition is opened and closed.
  await page.locator('summary').first().focus();
  const isOpen = () => page.evaluate(() => document.querySelector('details').open);
  const before = await isOpen();
  await page.keyboard.press('Enter');
  if ((await isOpen()) === before) faults.push('a condition does not open by keyboard');

  const other = await open(scripts, 390);
  await signIn(other, scripts ? 'zahra' : 'reza', '/my/register');
  await tabTo(other, 'ادامه و بازبینی');
  await enter(other);
  const focused = await other.evaluate(() => document.activeElement?.id);
  if (focused !== 'errors') faults.push(`an empty form: the focus is on ${focused}, not on the errors`);
  for (const [field, value] of [['day', day], ['month', '7'], ['year', '1404']]) {
    await tabTo(other, field);
    // Arrow down and up choose, as the keys of a list do.
    for (let n = 0; n < 130 && (await other.inputValue(`#${field}`)) !== value; n += 1) await other.keyboard.press('ArrowDown');
  }
  await tabTo(other, 'spouse');
  await other.keyboard.type(spouse.replace(/[0-9]/g, (digit) => '۰۱۲۳۴۵۶۷۸۹'[digit]));
  await tabTo(other, 'undertaking');
  await other.keyboard.press('Space');
  await tabTo(other, 'ادامه و بازبینی');
  await enter(other);
  await tabTo(other, 'ثبت کن');
  await enter(other);
  await look(other, 'شمارهٔ پیگیری');
}

// Bytes of all that a visit receives, with headers. Nothing comes from another host.
async function weight() {
  const page = await open(true, 390);
  await signIn(page, 'married1', '/account');
  await page.goto('about:blank');
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.clearBrowserCache');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  session.on('Network.requestWillBeSent', ({ request }) => {
    if (!request.url.startsWith(origin)) faults.push(`/my asks ${request.url}`);
  });
  for (const [visit, most] of [['first', FIRST_VISIT_KB], ['second', SECOND_VISIT_KB]]) {
    bytes = 0;
    await page.goto(`${origin}/my`, { waitUntil: 'networkidle' });
    await page.evaluate(() => document.fonts.ready);
    if (bytes === 0 || bytes > most * 1024) faults.push(`a ${visit} visit weighs ${bytes} bytes, not 1 to ${most * 1024}`);
    await page.goto('about:blank');
  }
}

async function pictures(width) {
  const page = await open(true, width);
  const shoot = async (name, of = page) => {
    await of.evaluate(() => document.fonts.ready);
    // At most two screens, so that the pictures stay small.
    const height = await of.evaluate(() => Math.min(document.documentElement.scrollHeight, 1000));
    await of.setViewportSize({ width, height });
    await of.screenshot({ path: join(screens, `${name}-${width}.png`) });
    await of.setViewportSize({ width, height: 800 });
  };
  await page.goto(origin);
  await shoot('public');
  await signIn(page, 'married1', '/my');
  await shoot('my');
  await follow(page, 'همهٔ شرط‌ها و مسیر پرونده');
  await shoot('claim');
  await follow(page, 'حساب ماه به ماه');
  await shoot('sum');
  await page.goBack();
  await follow(page, 'نامه برای چاپ');
  await shoot('letter');
  await page.goto(`${origin}/my/views`);
  await shoot('views');
  await page.goto(`${origin}/my/claims/1`);
  await shoot('error');
  const other = await open(true, width);
  await signIn(other, 'zahra', '/my/register');
  await register(other, '1234567890');
  await shoot('register', other);
  await register(other, spouse);
  await shoot('check', other);
  await send(other, 'ثبت کن');
  await shoot('receipt', other);
}

if (screens) await mkdir(screens, { recursive: true });
// Two at a time: each has contexts of its own, and its own day, so that no form is a repeat.
for (const [place, width] of [320, 390, 1280].entries()) {
  await Promise.all([journey(true, 'zahra', width, String(11 + place)), journey(false, 'reza', width, String(14 + place))]);
}
await Promise.all([keyboard(true, '17'), keyboard(false, '18'), weight()]);
if (screens) for (const width of [390, 1280]) await pictures(width);
await browser.close();
for (const fault of faults) console.error(`portal: ${fault}`);
console.log(JSON.stringify({ journeys: 6 }));
process.exitCode = faults.length === 0 ? 0 : 1;
