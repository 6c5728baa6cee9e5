/**
 * The slider over all commits. Its thumb is the moment that the whole page shows; its last position is the present.
 *
 * The range input brings keyboard, touch and screen readers with it; behind it lies a drawing of how much each commit
 * changed.
 */

import type { CommitInfo } from 'driftdb-wasm';
import { Activity } from './activity';
import { byId, fill, icon, setText } from './dom';
import { formatCount, formatMeta, formatTime } from './format';
import type { Playground } from './playground';

/** Playing the whole history takes this long at normal speed … */
const WHOLE_SECONDS = 24;
/** … but a commit is never shown for longer than this. */
const COMMIT_SECONDS_MAX = 0.8;

/** The page takes the colours of the past or present when the slider has rested for so many milliseconds. */
const TONE_MS = 120;

export class Timeline {
  readonly #playground: Playground;
  readonly #dock = byId('dock');
  readonly #slider = byId<HTMLInputElement>('slider');
  readonly #play = byId<HTMLButtonElement>('play');
  readonly #speed = byId<HTMLSelectElement>('speed');
  readonly #top = byId('top');
  readonly #banner = byId('past');
  readonly #announce = byId('announce');
  readonly #activity: Activity;
  #playing: { stop: () => void } | undefined;
  #announcing: ReturnType<typeof setTimeout> | undefined;
  #tone: ReturnType<typeof setTimeout> | undefined;

  constructor(playground: Playground) {
    this.#playground = playground;
    this.#activity = new Activity(byId<HTMLCanvasElement>('activity'), () => ({ commits: playground.commits.value, seq: this.#seq }));
    fill(byId('step-back'), icon('back'));
    fill(byId('step-forward'), icon('forward'));
    this.#slider.addEventListener('input', () => {
      this.pause();
      playground.goTo(Number(this.#slider.value));
    });
    this.#play.addEventListener('click', () => (this.#playing ? this.pause() : this.#start()));
    byId('step-back').addEventListener('click', () => this.#step(-1));
    byId('step-forward').addEventListener('click', () => this.#step(1));
    for (const button of [byId('now'), byId('banner-now')]) {
      button.addEventListener('click', () => this.#toNow());
    }
    playground.commits.follow((commits) => {
      this.pause();
      commits?.last.follow(() => this.#show());
      commits?.arrived.follow(() => this.#show());
      this.#show();
    });
    playground.moment.follow(() => this.#show());
    this.#showPlaying(false);
  }

  pause(): void {
    if (!this.#playing) return;
    this.#playing.stop();
    this.#playing = undefined;
    this.#showPlaying(false);
  }

  get #last(): number {
    return this.#playground.commits.value?.last.value ?? -1;
  }

  get #seq(): number {
    return this.#playground.moment.value ?? this.#last;
  }

  #step(by: number): void {
    this.pause();
    this.#playground.goTo(this.#seq + by);
  }

  #toNow(): void {
    this.pause();
    this.#playground.moment.set(null);
    this.#slider.focus();
  }

  // ---- playing ----------------------------------------------------------------------------------------------------

  #start(): void {
    const last = this.#last;
    if (last < 1) return;
    let position = this.#playground.moment.value ?? 0;
    let before = performance.now();
    let request = 0;
    const tick = (now: number): void => {
      const perSecond = Math.max(last / WHOLE_SECONDS, 1 / COMMIT_SECONDS_MAX) * Number(this.#speed.value);
      position += (Math.max(0, now - before) / 1000) * perSecond;
      before = now;
      this.#playground.goTo(Math.floor(position));
      if (position >= last) this.pause();
      else request = requestAnimationFrame(tick);
    };
    this.#playing = { stop: () => cancelAnimationFrame(request) };
    this.#showPlaying(true);
    request = requestAnimationFrame(tick);
  }

  #showPlaying(playing: boolean): void {
    fill(this.#play, icon(playing ? 'pause' : 'play'));
    this.#play.setAttribute('aria-label', playing ? 'Pause' : 'Play the history');
  }

  // ---- showing ----------------------------------------------------------------------------------------------------

  #show(): void {
    const commits = this.#playground.commits.value;
    const moment = this.#playground.moment.value;
    const last = this.#last;
    const seq = this.#seq;
    const commit = commits?.get(seq);
    if (commits && seq >= 0 && !commit) void commits.need(seq).catch(() => undefined);

    this.#dock.classList.toggle('empty', last < 0);
    this.#slider.disabled = last < 1;
    this.#slider.max = String(Math.max(0, last));
    this.#slider.value = String(Math.max(0, seq));
    this.#play.disabled = last < 1;
    byId<HTMLButtonElement>('step-back').disabled = seq <= 0;
    byId<HTMLButtonElement>('step-forward').disabled = moment === null;
    byId<HTMLButtonElement>('now').disabled = moment === null;
    this.#showCommit(seq, last, commit);
    this.#showPast(moment, commit);
    this.#activity.plan();
  }

  #showCommit(seq: number, last: number, commit: CommitInfo | undefined): void {
    setText(byId('commit-seq'), last < 0 ? 'No commits yet' : `seq ${formatCount(seq)}`);
    setText(byId('commit-of'), last < 0 ? '' : `of ${formatCount(last)}`);
    setText(byId('commit-time'), commit ? formatTime(commit.time) : '');
    setText(byId('commit-statement'), commit?.statement ?? '');
    setText(byId('commit-meta'), formatMeta(commit?.meta));
    this.#slider.setAttribute(
      'aria-valuetext',
      commit ? `seq ${seq} of ${last}, ${formatTime(commit.time)}, ${commit.statement}` : `seq ${seq} of ${last}`,
    );
  }

  #showPast(moment: number | null, commit: CommitInfo | undefined): void {
    this.#banner.hidden = moment === null;
    this.#top.classList.toggle('in-past', moment !== null);
    byId('banner-now').hidden = moment === null;
    if (moment !== null) {
      setText(byId('past-moment'), `seq ${formatCount(moment)}${commit ? `, ${formatTime(commit.time)}` : ''}`);
    }
    this.#planTone();
    // Screen readers hear where the slider came to rest, not every commit that it passed.
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => {
      this.#announce.textContent = moment === null ? '' : `You are looking at the past: seq ${moment}`;
    }, 600);
  }

  /**
   * The paper of the past. The header says at once that it is the past; for the paper every element is styled and painted
   * anew, which would keep the answers waiting while the slider is dragged.
   */
  #planTone(): void {
    const root = document.documentElement;
    clearTimeout(this.#tone);
    const inPast = this.#playground.moment.value !== null;
    if (root.classList.contains('in-past') === inPast) return;
    this.#tone = setTimeout(
      () => {
        root.classList.toggle('in-past', inPast);
        this.#activity.plan();
      },
      this.#playing ? 0 : TONE_MS,
    );
  }
}
