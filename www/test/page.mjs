// The page as its tests drive it: the built files on a server of their own, a browser, and the visitor's gestures.

import assert from 'node:assert/strict';
import { until, watchErrors, withServer } from '../../tests/browser/harness.mjs';

/** Calls `use(url)` while the built page is served. */
export const withSite = (use) => withServer('www/dist', use);

/** A visit in a new tab of `browser`. */
export async function visit(browser, url, options = {}) {
  const page = await browser.newPage();
  return new Visit(page, url).arrive(options);
}

const DESKTOP = { width: 1280, height: 820 };

export class Visit {
  /** What must not happen: uncaught errors, errors on the console, violations of the page's policy. */
  errors;

  constructor(page, url) {
    this.page = page;
    this.url = url;
    this.errors = watchErrors(page);
  }

  async arrive({ viewport = DESKTOP } = {}) {
    await this.page.setViewport(viewport);
    await this.page.evaluateOnNewDocument(() => {
      window.violations = [];
      document.addEventListener('securitypolicyviolation', (event) => {
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    await this.page.goto(`${this.url}/`);
    await this.ready();
    return this;
  }

  /** Waits until a database is open, or the page has said why not. */
  ready(timeout = 20_000) {
    return until(() => this.page.$eval('html', (root) => root.dataset.ready === 'true'), { timeout, what: 'the page' });
  }

  /** Chooses a storage, and waits until its database is open. */
  async store(storage) {
    await this.page.select('#storage', storage);
    await this.ready();
  }

  async reload() {
    await this.page.reload();
    await this.ready();
  }

  /** Fails if anything happened that must not. */
  async assertClean() {
    assert.deepEqual(this.errors, []);
    assert.deepEqual(await this.page.evaluate(() => window.violations), []);
  }

  // ---- the editor -------------------------------------------------------------------------------------------------

  /** Replaces the editor's text, by the keyboard. */
  async write(sql) {
    await this.page.evaluate(() => document.querySelector('#editor').shadowRoot.querySelector('.cm-content').focus());
    await this.page.keyboard.down('Control');
    await this.page.keyboard.press('KeyA');
    await this.page.keyboard.up('Control');
    await this.page.keyboard.press('Backspace');
    await this.page.keyboard.sendCharacter(sql);
  }

  /** The text in the editor. */
  editorText() {
    return this.page.evaluate(() =>
      [...document.querySelector('#editor').shadowRoot.querySelectorAll('.cm-line')]
        .map((line) => line.textContent)
        .join('\n'),
    );
  }

  /** The text that is underlined as wrong. */
  underlined() {
    return this.page.evaluate(() =>
      [...document.querySelector('#editor').shadowRoot.querySelectorAll('.sql-error')]
        .map((mark) => mark.textContent)
        .join(''),
    );
  }

  /** Presses Run and waits for the answer. */
  async run() {
    await this.page.$eval('#elapsed', (elapsed) => (elapsed.textContent = ''));
    await this.page.click('#run');
    await until(() => this.text('#elapsed'), { timeout: 60_000, what: 'the answer' });
  }

  async query(sql) {
    await this.write(sql);
    await this.run();
  }

  // ---- what is seen -----------------------------------------------------------------------------------------------

  /** Empty while there is no such element. */
  text(selector) {
    return this.page.evaluate((selected) => document.querySelector(selected)?.textContent.trim() ?? '', selector);
  }

  visible(selector) {
    return this.page.$eval(selector, (node) => node.checkVisibility());
  }

  /** The rows in the document, from the top, as arrays of texts; of the result with this number. */
  rows(result = 0) {
    return this.page.evaluate((at) => {
      const rows = [...(document.querySelectorAll('#results .grid')[at]?.querySelectorAll('.grid-row') ?? [])];
      rows.sort((a, b) => Number(a.dataset.row) - Number(b.dataset.row));
      return rows.map((row) => [...row.children].map((cell) => cell.textContent));
    }, result);
  }

  tables() {
    return this.page.$$eval('#tables .table-name', (names) => names.map((name) => name.textContent));
  }

  // ---- time -------------------------------------------------------------------------------------------------------

  /** The last commit's sequence, as the slider knows it. */
  last() {
    return this.page.$eval('#slider', (slider) => Number(slider.max));
  }

  /** Moves the slider as a drag does, and waits until the page shows that commit. */
  async dragTo(seq) {
    await this.page.$eval(
      '#slider',
      (slider, value) => {
        slider.value = String(value);
        slider.dispatchEvent(new Event('input', { bubbles: true }));
      },
      seq,
    );
    await until(async () => (await this.text('#commit-seq')) === `seq ${seq.toLocaleString('en-US')}`);
  }

  async backToNow() {
    await this.page.click('#now');
    await until(async () => !(await this.visible('#past')));
  }

  /** Chooses a data set in the library, and waits until it has been played. */
  async load(set) {
    await this.page.$eval(`[data-set="${set}"]`, (button) => button.click());
    await this.ready(60_000);
  }

  /** Chooses the example with this title. */
  async example(title) {
    await this.page.$eval('#elapsed', (elapsed) => (elapsed.textContent = ''));
    await this.page.$$eval(
      '#examples .entry',
      (entries, wanted) =>
        entries.find((entry) => entry.querySelector('.entry-title').textContent === wanted).click(),
      title,
    );
    await until(() => this.text('#elapsed'), { timeout: 30_000, what: `the example ${title}` });
  }
}
