// The page as such: its policy, a phone, themes, what it loads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, withChromium, withServer } from '../../tests/browser/harness.mjs';
import { visit, withSite } from './page.mjs';

const inChromium = (use) => withSite((url) => withChromium((browser) => use(browser, url)));

test('the policy forbids inline script and style but for the page’s own first lines', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    const policy = await page.page.$eval('meta[http-equiv="Content-Security-Policy"]', (meta) => meta.content);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /require-trusted-types-for 'script'/);
    assert.equal(policy.match(/'sha\d+-[^']+'/g)?.length, 1);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)|https?:|\*/);
    await page.run();
    await page.assertClean();

    // The watch works: what the policy forbids is seen and does not happen.
    await page.page.evaluate(() => {
      const script = document.createElement('script');
      script.append('window.attacked = 1');
      document.body.append(script);
    });
    assert.equal(await page.page.evaluate(() => window.attacked), undefined);
    await until(() => page.page.evaluate(() => window.violations.length > 0), { what: 'the violation' });
    const markup = await page.page.evaluate(() => {
      try {
        document.body.innerHTML = '<img>';
        return 'taken';
      } catch (error) {
        return error.name;
      }
    });
    assert.equal(markup, 'TypeError');
  });
});

test('everything comes from the page’s own server', async () => {
  await inChromium(async (browser, url) => {
    const asked = [];
    const page = await browser.newPage();
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${url}/`);
    await until(() => page.$eval('html', (root) => root.dataset.ready === 'true'), { timeout: 20_000 });
    assert.ok(asked.length > 4);
    assert.deepEqual(
      asked.filter((address) => !address.startsWith(`${url}/`) && !address.startsWith('data:')),
      [],
    );
  });
});

test('once it has loaded, it needs no network', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.page.waitForNetworkIdle({ idleTime: 300 });
    await page.page.setOfflineMode(true);
    assert.equal(await page.page.evaluate(() => fetch('icon.svg').then(() => 'fetched', () => 'offline')), 'offline');
    await page.run();
    assert.deepEqual(await page.rows(1), [['1', 'modified']]);
    await page.dragTo(1);
    await until(async () => (await page.rows(0))[0]?.[1] === 'original', { what: 'the past' });
    await page.backToNow();
    for (const [set, last] of [['orders', 409], ['stocks', 560]]) {
      await page.load(set);
      assert.equal(await page.last(), last);
      await page.query('SELECT 1 + 1 AS two');
      assert.deepEqual(await page.rows(), [['2']]);
    }
    await page.load('own');
    await page.query('SELECT data FROM events');
    assert.deepEqual(await page.rows(), [['modified']]);
    assert.deepEqual(page.errors.filter((error) => !error.includes('ERR_INTERNET_DISCONNECTED')), []);
  });
});

test('what was asked last is answered before the editor is there, which then holds it', async () => {
  await inChromium(async (browser, url) => {
    const visited = await visit(browser, url);
    await visited.run();
    await visited.query('SELECT data FROM events');

    const { page } = visited;
    const waiting = [];
    const session = await page.createCDPSession();
    session.on('Fetch.requestPaused', ({ requestId }) => waiting.push(requestId));
    await session.send('Fetch.enable', { patterns: [{ urlPattern: '*/editor-*.js' }] });
    const text = (selector) => page.$eval(selector, (node) => node.textContent);
    await page.reload();
    await until(() => text('.grid-row').then((found) => found === 'modified', () => false), { what: 'the answer' });
    assert.equal(await text('.editor-text'), 'SELECT data FROM events');
    await until(() => waiting.length > 0, { what: 'the editor to be asked for' });
    // What can be done without it can be done.
    await page.$eval('#elapsed', (elapsed) => (elapsed.textContent = ''));
    await page.click('#run');
    await until(() => text('#elapsed'), { what: 'the answer' });
    await page.$eval('.table .quiet', (button) => button.click());
    await until(() => text('.grid-row').then((found) => found === '1modified', () => false), { what: 'the rows' });

    await session.send('Fetch.continueRequest', { requestId: waiting[0] });
    const inEditor = () => page.evaluate(() => document.querySelector('#editor').shadowRoot?.querySelector('.cm-content')?.textContent);
    await until(async () => (await inEditor()) === 'SELECT * FROM events ORDER BY id LIMIT 1000;', { what: 'the editor' });
    assert.equal(await page.$('.editor-text'), null);
    await until(() => page.$eval('html', (root) => root.dataset.ready === 'true'), { what: 'the page' });
  });
});

test('the files work in any directory of a server', async () => {
  await withServer('www', (url) =>
    withChromium(async (browser) => {
      const page = await visit(browser, `${url}/dist`);
      await page.run();
      assert.deepEqual(await page.rows(1), [['1', 'modified']]);
      await page.load('stocks');
      assert.equal(await page.last(), 560);
      await page.assertClean();
    }),
  );
});

test('a phone shows it all without scrolling sideways', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url, {
      viewport: { width: 375, height: 812, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
    });
    const fits = () => page.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    assert.ok(await fits());
    await page.page.tap('#run');
    await until(async () => (await page.rows(1))[0]?.[1] === 'modified', { what: 'the answer' });
    assert.ok(await fits());

    await page.dragTo(1);
    await until(async () => (await page.rows(0))[0]?.[1] === 'original', { what: 'the past' });
    assert.ok(await page.visible('#past'));
    assert.ok(await page.visible('#banner-now'));
    assert.ok(await fits());
    await page.page.tap('#banner-now');
    await until(async () => !(await page.visible('#past')));

    // The library is a drawer, out of the keyboard's reach while it is closed.
    assert.equal(await page.page.$eval('#library', (drawer) => drawer.inert), true);
    await page.page.tap('#menu');
    await until(() => page.visible('[data-set="orders"]'));
    assert.equal(await page.page.$eval('#menu', (button) => button.getAttribute('aria-expanded')), 'true');
    assert.equal(await page.page.evaluate(() => document.activeElement.closest('#library') !== null), true);
    await page.page.keyboard.press('Escape');
    assert.equal(await page.page.$eval('#menu', (button) => button.getAttribute('aria-expanded')), 'false');
    await page.page.tap('#menu');
    await until(() => page.visible('[data-set="orders"]'));
    await page.load('stocks');
    await until(async () => (await page.rows(0)).length === 5, { what: 'the rows' });
    assert.equal(await page.page.$eval('#library', (drawer) => drawer.inert), true);

    await page.page.tap('.grid-row .cell');
    await until(() => page.visible('#history'), { what: 'the history' });
    assert.ok(await fits());
    await page.page.tap('#history-close');
    await page.assertClean();
  });
});

test('dark and light follow the system, and the button', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    const background = () => page.page.$eval('body', (body) => getComputedStyle(body).backgroundColor);
    const settles = async (wanted) => until(async () => (await background()) === wanted, { what: wanted });
    const light = 'rgb(247, 246, 243)';
    const dark = 'rgb(20, 19, 18)';
    await page.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    await settles(light);
    await page.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await settles(dark);
    await page.page.click('#theme');
    await settles(light);
    await page.reload();
    await settles(light);
    await page.assertClean();
  });
});

test('every control has a name', async () => {
  await inChromium(async (browser, url) => {
    const page = await visit(browser, url);
    await page.run();
    const nameless = (node) => [
      ...(['button', 'slider', 'combobox', 'textbox', 'grid'].includes(node.role) && !node.name ? [node.role] : []),
      ...(node.children ?? []).flatMap(nameless),
    ];
    assert.deepEqual(nameless(await page.page.accessibility.snapshot()), []);
  });
});
