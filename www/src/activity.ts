/** The drawing behind the slider: how many rows each commit, or group of commits, touched, on a logarithmic scale. */

import type { CommitLog } from './commits';
import { theme } from './theme';

/** A bar and the gap behind it, in CSS pixels. */
const BAR = 3;
/** The least weight that fills the height: a commit of some 30 rows. */
const FULL = 5;
/** Half of the slider's thumb: its centre moves between these insets. */
const INSET = 9;

interface Bar {
  weight: number;
  first: number;
}

/** Sizes and colours are kept from when they last changed: to ask for them, the browser would lay out the page on the spot. */
export class Activity {
  readonly #canvas: HTMLCanvasElement;
  readonly #subject: () => { commits: CommitLog | undefined; seq: number };
  #width = 0;
  #height = 0;
  #colours: { of: string; passed: string; ahead: string } | undefined;
  #bars: { of: CommitLog; arrived: number; count: number; bars: readonly Bar[] } | undefined;
  #planned = false;
  /** What the canvas shows; undefined where it is empty. */
  #drawn: { bars: readonly Bar[]; colours: object; seq: number } | undefined;

  /** `subject` tells what to draw: the commits, and the one that the page shows the state after. */
  constructor(canvas: HTMLCanvasElement, subject: () => { commits: CommitLog | undefined; seq: number }) {
    this.#canvas = canvas;
    this.#subject = subject;
    theme.follow(() => this.plan());
    new ResizeObserver(([entry]) => {
      this.#width = entry?.contentRect.width ?? 0;
      this.#height = entry?.contentRect.height ?? 0;
      this.plan();
    }).observe(canvas);
  }

  /** Draws with the next frame. */
  plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { commits, seq } = this.#subject();
    const last = commits?.last.value ?? -1;
    if (last < 0 && !this.#drawn) return;
    const canvas = this.#canvas;
    const width = this.#width;
    const height = this.#height;
    const scale = devicePixelRatio || 1;
    const context = canvas.getContext('2d');
    if (!context) return;
    const isBlank = canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale);
    if (isBlank) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    if (!commits || last < 0) {
      context.clearRect(0, 0, width, height);
      this.#drawn = undefined;
      return;
    }

    const colours = this.#palette();
    const room = width - 2 * INSET;
    const bars = this.#weighed(commits, Math.max(1, Math.min(last + 1, Math.floor(room / BAR))));
    // While the slider moves only the bars that it passes change.
    const before = !isBlank && this.#drawn?.bars === bars && this.#drawn.colours === colours ? this.#drawn.seq : undefined;
    this.#drawn = { bars, colours, seq };
    if (before === undefined) context.clearRect(0, 0, width, height);
    const highest = Math.max(FULL, ...bars.map(({ weight }) => weight));
    bars.forEach(({ weight, first }, at) => {
      if (weight === 0 || (before !== undefined && first <= seq === first <= before)) return;
      const middle = INSET + (bars.length === 1 ? room : (at / (bars.length - 1)) * room);
      const x = Math.round((middle - 1) * scale) / scale;
      const bar = Math.max(2, (weight / highest) * (height - 2));
      context.fillStyle = first <= seq ? colours.passed : colours.ahead;
      context.clearRect(x, 0, 2, height);
      context.fillRect(x, height - bar, 2, bar);
    });
  }

  #palette(): { passed: string; ahead: string } {
    const of = `${theme.value} ${document.documentElement.className}`;
    if (this.#colours?.of !== of) {
      const style = getComputedStyle(this.#canvas);
      this.#colours = { of, passed: style.getPropertyValue('--accent'), ahead: style.getPropertyValue('--line-strong') };
    }
    return this.#colours;
  }

  #weighed(of: CommitLog, count: number): readonly Bar[] {
    const arrived = of.arrived.value;
    if (this.#bars?.of !== of || this.#bars.arrived !== arrived || this.#bars.count !== count) {
      this.#bars = { of, arrived, count, bars: weigh(of, of.last.value, count) };
    }
    return this.#bars.bars;
  }
}

/** Commits in as many groups as there are bars. */
function weigh(commits: CommitLog, last: number, count: number): Bar[] {
  const buckets = Array.from({ length: count }, (_, at) => ({ weight: 0, first: Math.ceil((at / count) * (last + 1)) }));
  for (let seq = 0; seq <= last; seq += 1) {
    const commit = commits.get(seq);
    const bucket = buckets[Math.floor((seq / (last + 1)) * count)];
    if (commit && bucket) bucket.weight = Math.max(bucket.weight, Math.log2(2 + commit.affectedRows));
  }
  return buckets;
}
