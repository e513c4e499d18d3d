// A person's journey through the portal in Chromium, at 320 px, with and without scripts:
// portal.mjs ORIGIN SPOUSE [SCREENS]
// Sign-in at the provider, the own file, a claim with its sum and letter, the views, and a registration with a fault first.
// With SCREENS, writes pictures of the pages at 390 px and 1280 px. The exit status is 1 on a fault.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [origin, spouse, screens] = process.argv.slice(2);
const faults = [];
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

async function register(page, code) {
  await page.selectOption('#day', '15');
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

async function journey(scripts, login) {
  const page = await open(scripts, 320);
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

  const other = await open(scripts, 320);
  await signIn(other, login, '/my/register');
  await register(other, '1234567890');
  await look(other, 'این شماره کد ملی نیست');
  if ((await other.inputValue('#spouse')) !== '1234567890') faults.push('what was typed is lost');
  await register(other, spouse);
  await look(other, 'هنوز چیزی ثبت نشده است', '۱۵ مهر ۱۴۰۴');
  await send(other, 'برگشت و تغییر');
  await register(other, spouse);
  await send(other, 'ثبت کن');
  await look(other, 'شمارهٔ پیگیری');
  const number = await other.textContent('.number');
  await other.reload();
  if ((await other.textContent('.number')) !== number) faults.push('the receipt does not survive a reload');
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
await journey(true, 'zahra');
await journey(false, 'reza');
if (screens) for (const width of [390, 1280]) await pictures(width);
await browser.close();
for (const fault of faults) console.error(`portal: ${fault}`);
console.log(JSON.stringify({ journeys: 2 }));
process.exitCode = faults.length === 0 ? 0 : 1;
