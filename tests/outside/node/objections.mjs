// An objection with pictures in Chromium, with and without scripts, at 320, 390 and 1280 px, and by the keyboard alone:
// objections.mjs ORIGIN FOLDER ANSWERED [SCREENS]
// FOLDER has photo.jpg (8 MB), small.jpg and heic.jpg. ANSWERED is the path of an objection of `married2` with an answer.
// Also on a line of 400 kbit/s with 400 ms, with a connection that is cut, and with axe-core. With SCREENS, writes pictures
// of the pages at 390 px and 1280 px. The exit status is 1 on a fault.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const [origin, folder, answered, screens] = process.argv.slice(2);
const [photo, small, heic] = ['photo.jpg', 'small.jpg', 'heic.jpg'].map((name) => join(folder, name));
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const LINE = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
const TEXT = 'تاریخ تولد من در شناسنامه درست است.';
const faults = [];
const told = {};
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

function fault(page, text) {
  faults.push(`${page.url()}: ${text}`);
}

async function open(javaScriptEnabled, width, more = {}) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, javaScriptEnabled, locale: 'fa-IR', ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(40000);
  const own = (url) => url.startsWith(origin);
  page.on('console', (message) => {
    const expected = / (422|404|403) |ERR_CONNECTION_RESET/.test(message.text());
    if (message.type() === 'error' && own(message.location().url) && !expected) fault(page, message.text());
  });
  page.on('pageerror', (error) => own(page.url()) && fault(page, error.message));
  // From now on no dialog of the system opens, also for a key that is pressed at once.
  page.on('filechooser', () => {});
  // What a screen reader would be told.
  page.said = [];
  await page.exposeFunction('hear', (text) => page.said.push(text));
  await page.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => {
      const live = document.getElementById('upload-live');
      if (live) new MutationObserver(() => window.hear(live.textContent)).observe(live, { childList: true, characterData: true, subtree: true });
    });
  });
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
  for (const text of texts) if (!body.includes(text)) fault(page, `lacks «${text}»`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 1) fault(page, `is ${wide} px wider than the screen`);
}

// A link or a button of the page, and the page that it leads to.
async function press(page, text) {
  await Promise.all([page.waitForNavigation(), page.click(`main :is(a, button):has-text("${text}")`)]);
}

async function errorsHaveTheFocus(page) {
  const id = await page.evaluate(() => document.activeElement?.id);
  if (id !== 'errors') fault(page, `the focus is on ${id}, not on the errors`);
}

const stored = (page) => page.locator('#pictures .shots li').count();

async function upload(page, scripts, input, file, count) {
  await page.setInputFiles(`#${input}`, file);
  if (!scripts) await Promise.all([page.waitForNavigation(), page.click(`form:has(#${input}) button`)]);
  const done = count === null ? '#errors' : `#pictures:has(.shots li >> nth=${count - 1})`;
  await page.waitForSelector(done, { state: 'attached' }).catch(() => fault(page, `no ${done} after ${file}`));
}

async function toForm(page, login) {
  await signIn(page, login, '/my');
  await press(page, 'همهٔ شرط‌ها و مسیر پرونده');
  await press(page, 'اعتراض به این پاسخ');
}

async function write(page) {
  await page.check('input[name=disputed]');
  await page.fill('#text', TEXT);
  await press(page, 'نگه دار و برو به عکس‌ها');
}

async function journey(scripts, width) {
  const page = await open(scripts, width);
  await toForm(page, 'married1');
  await look(page, 'به کدام بخش پاسخ اعتراض دارید؟');
  await press(page, 'نگه دار و برو به عکس‌ها');
  await look(page, 'این‌ها را درست کنید');
  await errorsHaveTheFocus(page);
  await write(page);
  await look(page, 'هنوز عکسی از عقدنامه نرسیده است');
  await upload(page, scripts, 'deed-gallery', heic, null);
  await look(page, 'Most Compatible');
  await errorsHaveTheFocus(page);
  await upload(page, scripts, 'deed-camera', photo, 1);
  await upload(page, scripts, 'booklet-gallery', small, 2);
  // A phone reloads the page after the camera.
  await page.reload();
  if ((await stored(page)) !== 2) fault(page, `shows ${await stored(page)} pictures after a reload`);
  if (scripts && !page.said.some((text) => /: [۰-۹]+ درصد/.test(text))) fault(page, `progress was not told: ${page.said}`);
  if (scripts && !page.said.includes('عکس رسید و نگه داشته شد.')) fault(page, `the end was not told: ${page.said}`);
  await look(page);
  await press(page, 'ادامه و بازبینی');
  await look(page, TEXT, 'هنوز چیزی ثبت نشده است');
  await press(page, 'ثبت اعتراض');
  await look(page, 'اعتراض شما با ۲ تصویر', 'شمارهٔ پیگیری');
  const number = await page.textContent('.number');
  await page.reload();
  if ((await page.textContent('.number')) !== number) fault(page, 'the receipt does not survive a reload');
  await press(page, 'افزودن تصاویر جدید');
  await upload(page, scripts, 'other-gallery', small, 3);
  await press(page, 'افزودن ۱ تصویر به اعتراض');
  await look(page, 'با ۳ تصویر');
  await press(page, 'پس گرفتن اعتراض');
  await press(page, 'پس می‌گیرم');
  await look(page, 'پس گرفت');
  await page.context().close();
}

// Moves the focus with the keyboard until `found` holds, and fails after too many steps.
async function tabTo(page, selector) {
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
    if (!found) continue;
    const ring = await page.evaluate(() => {
      const of = (element) => element && getComputedStyle(element).outlineStyle !== 'none' && parseFloat(getComputedStyle(element).outlineWidth) > 0;
      return of(document.activeElement) || of(document.activeElement.nextElementSibling);
    });
    if (!ring) fault(page, `the focus on ${selector} is not visible`);
    return;
  }
  fault(page, `the keyboard does not reach ${selector}`);
}

async function byKeyboard(scripts) {
  const page = await open(scripts, 390);
  await toForm(page, 'married1');
  await tabTo(page, 'input[name=disputed]');
  await page.keyboard.press('Space');
  await tabTo(page, '#text');
  await page.keyboard.type(TEXT);
  await tabTo(page, 'form button');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await tabTo(page, '#deed-gallery');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Enter')]);
  await chooser.setFiles(small);
  if (!scripts) {
    await tabTo(page, 'form:has(#deed-gallery) button');
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  }
  await page.waitForSelector('#pictures .shots li');
  await tabTo(page, 'a[href$="/check"]');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await tabTo(page, 'form[action$="/send"] button');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await look(page, 'اعتراض شما با ۱ تصویر');
  await tabTo(page, 'a[href$="/withdraw"]');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await press(page, 'پس می‌گیرم');
  await page.context().close();
}

// 8 MB on 400 kbit/s and 400 ms, after a connection that was cut.
async function slowly() {
  const page = await open(true, 390);
  await signIn(page, 'married1', '/my');
  await press(page, 'همهٔ شرط‌ها و مسیر پرونده');
  const form = await page.getAttribute('main a[href$="/objections/new"]', 'href');
  const line = await page.context().newCDPSession(page);
  await line.send('Network.enable');
  await line.send('Network.emulateNetworkConditions', LINE);
  const began = Date.now();
  await page.goto(origin + form);
  told.text_page_ms = Date.now() - began;
  if (told.text_page_ms > 2500) fault(page, `the text page takes ${told.text_page_ms} ms`);
  await write(page);
  let cut = 0;
  const sent = [];
  await page.route('**/pictures?csrf=*', (route) => {
    cut += 1;
    return cut === 1 ? route.abort('connectionreset') : route.continue();
  });
  page.on('requestfinished', async (request) => {
    if (request.method() === 'POST' && request.url().includes('/pictures?')) sent.push((await request.sizes()).requestBodySize);
  });
  const start = Date.now();
  await page.setInputFiles('#deed-camera', photo);
  await page.waitForSelector('#pictures .shots li', { timeout: 120000 });
  told.upload_ms = Date.now() - start;
  told.upload_bytes = sent[0];
  if (cut !== 2 || (await stored(page)) !== 1) fault(page, `${cut} attempts, ${await stored(page)} pictures`);
  if (!(sent[0] > 50_000 && sent[0] <= 1_000_000)) fault(page, `${sent} bytes were sent`);
  if (!page.said.some((text) => text.includes('ارتباط قطع شد'))) fault(page, `the retry was not told: ${page.said}`);
  await page.context().close();
}

// A session that ends while a person writes and sends takes nothing away.
async function withoutSession() {
  const page = await open(true, 390);
  await signIn(page, 'married1', '/my');
  await press(page, 'ادامهٔ اعتراض');
  await look(page, 'نوشتهٔ پیشین شما نگه داشته شده است');
  await press(page, 'نگه دار و برو به عکس‌ها');
  await page.context().clearCookies();
  await page.setInputFiles('#booklet-gallery', small);
  await page.waitForSelector('text=زمان ورود شما تمام شده است');
  await page.click('main a:has-text("ورود دوباره")');
  await page.fill('input[name=login]', 'married1');
  await page.fill('input[name=password]', 'x');
  await page.click('button[type=submit]');
  await page.waitForURL(`${origin}/my/claims/*/objections/pictures`);
  if ((await stored(page)) !== 1) fault(page, `shows ${await stored(page)} pictures after the sign-in`);
  await page.context().close();
}

// The text is kept while it is typed, before any button is pressed.
async function autosave() {
  const page = await open(true, 390);
  await signIn(page, 'married1', '/my');
  await press(page, 'ادامهٔ اعتراض');
  await page.fill('#text', 'متنی که هنوز فرستاده نشده است');
  await page.waitForSelector('text=متن شما نگه داشته شد.', { timeout: 20000 });
  await page.reload();
  if ((await page.inputValue('#text')) !== 'متنی که هنوز فرستاده نشده است') fault(page, 'the text was not kept');
  await page.context().close();
}

async function accessible() {
  const page = await open(true, 390, { bypassCSP: true });
  await signIn(page, 'married2', answered);
  for (const path of [answered, '/my']) {
    await page.goto(origin + path);
    await axe(page);
  }
  const other = await open(true, 390, { bypassCSP: true });
  await signIn(other, 'married1', '/my');
  await press(other, 'ادامهٔ اعتراض');
  await axe(other);
  await press(other, 'نگه دار و برو به عکس‌ها');
  await axe(other);
  await press(other, 'ادامه و بازبینی');
  await axe(other);
}

async function axe(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  for (const violation of violations) {
    fault(page, `axe ${violation.id}: ${violation.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
  }
}

async function pictures(width) {
  const page = await open(true, width);
  const shoot = async (name) => {
    await page.evaluate(() => document.fonts.ready);
    await page.waitForLoadState('networkidle');
    const height = await page.evaluate(() => Math.min(document.documentElement.scrollHeight, 1000));
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: join(screens, `${name}-${width}.png`) });
    await page.setViewportSize({ width, height: 800 });
  };
  await signIn(page, 'married1', '/my');
  await press(page, 'ادامهٔ اعتراض');
  await page.fill('#text', 'تاریخ تولد من ۱ فروردین ۱۳۷۵ است. در ثبت احوال روز آن جابه‌جا نوشته شده است؛ صفحهٔ شناسنامه را می‌فرستم.');
  await shoot('objecting');
  await press(page, 'نگه دار و برو به عکس‌ها');
  if ((await stored(page)) < 1) await upload(page, true, 'deed-gallery', small, 1);
  await shoot('pictures');
  await upload(page, true, 'booklet-gallery', heic, null);
  await page.evaluate(() => window.scrollTo(0, 0));
  await shoot('pictures-refused');
  await page.goto(page.url().replace(/pictures.*/, 'check'));
  await shoot('objection-check');
  await page.context().clearCookies();
  await signIn(page, 'married2', answered);
  await shoot('objection');
}

async function all() {
  for (const scripts of [true, false]) for (const width of [320, 390, 1280]) await journey(scripts, width);
  await byKeyboard(true);
  await byKeyboard(false);
  await slowly();
  await withoutSession();
  await autosave();
  await accessible();
  if (screens) await mkdir(screens, { recursive: true });
  if (screens) for (const width of [390, 1280]) await pictures(width);
}

await all().catch((error) => faults.push(error.stack));
await browser.close();
for (const text of faults) console.error(`objections: ${text}`);
console.log(JSON.stringify({ journeys: 8, ...told }));
process.exitCode = faults.length === 0 ? 0 : 1;
