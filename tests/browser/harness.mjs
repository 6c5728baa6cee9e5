// Real browsers for the tests of the package and of the page: Debian's Chromium and Firefox, or those that CHROMIUM and
// FIREFOX name, driven through puppeteer-core, and a static server on a free port.
//
//   import { withChromium, withFirefox, withServer } from '../../tests/browser/harness.mjs';
//
//   await withServer('www/dist', async (url) => {
//     await withChromium(async (browser) => {
//       const page = await browser.newPage();      // puppeteer's API, in both browsers
//       await page.goto(url);
//     });
//   });
//
// Each browser starts with an empty profile that is deleted afterwards, unless `profileDir` names one to keep: what the
// page stored is there when a second browser starts with it. Nothing a browser does by itself reaches the network.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';
import { serve } from '../../scripts/serve.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const CHROMIUM_FLAGS = [
  '--no-sandbox', // it has none when run as root
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Preferences that keep Firefox from calling home. */
const FIREFOX_PREFERENCES = {
  'app.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.healthreport.uploadEnabled': false,
  'extensions.getAddons.cache.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

/**
 * Starts Chromium; the caller closes it, or kills it as a crash would (see `kill`).
 * `profileDir` holds what pages store; `args` are further flags.
 */
export function startChromium({ profileDir, args = [] } = {}) {
  return puppeteer.launch({
    browser: 'chrome',
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    userDataDir: profileDir,
    args: [...CHROMIUM_FLAGS, ...args],
  });
}

/** Starts Firefox, driven through WebDriver BiDi. */
export function startFirefox({ profileDir, args = [] } = {}) {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    userDataDir: profileDir,
    args,
    extraPrefsFirefox: FIREFOX_PREFERENCES,
  });
}

/** Calls `use(browser)` with a Chromium that is closed afterwards, whatever happens; passes its result on. */
export function withChromium(use, options = {}) {
  return withBrowser(startChromium, use, options);
}

/** The same with Firefox. */
export function withFirefox(use, options = {}) {
  return withBrowser(startFirefox, use, options);
}

async function withBrowser(start, use, { profileDir, args }) {
  const browser = await start({ profileDir, args });
  try {
    return await use(browser);
  } finally {
    if (browser.connected) await browser.close().catch(() => {});
  }
}

/** Ends a browser as a power cut would: its main process and all it started get SIGKILL, with no time to write. */
export async function kill(browser) {
  const main = browser.process();
  const ended = new Promise((resolved) => main.once('exit', resolved));
  process.kill(-main.pid, 'SIGKILL');
  await ended;
}

/** Calls `use(url)` while `directory`, relative to the repository, is served; the options are those of `serve`. */
export async function withServer(directory, use, options = {}) {
  const server = await serve(resolve(root, directory), options);
  try {
    return await use(server.url);
  } finally {
    await server.close();
  }
}

/** Calls `use(directory)` with an empty directory that is deleted afterwards: a profile for several browsers in turn. */
export async function withProfile(use) {
  const directory = await mkdtemp(join(tmpdir(), 'driftdb-profile-'));
  try {
    return await use(directory);
  } finally {
    // A browser that has just ended may still be writing.
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/**
 * Collects what should never happen on a page: uncaught errors, errors on the console, violations of its
 * Content-Security-Policy (which the console shows). Call it before `goto`; the array fills as they happen.
 */
export function watchErrors(page) {
  const errors = [];
  page.on('pageerror', (error) => errors.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()}`);
  });
  return errors;
}

/** Asks `condition` until it answers with something true, and passes that on; fails after `timeout` milliseconds. */
export async function until(condition, { timeout = 10_000, what = 'the condition' } = {}) {
  const deadline = performance.now() + timeout;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeout} ms`);
    await sleep(20);
  }
}
