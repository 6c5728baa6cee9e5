/** The drawing behind the slider: how many rows each commit, or group of commits, touched, on a logarithmic scale. */

import type { CommitLog } from './commits';

/** A bar and the gap behind it, in CSS pixels. */
const BAR = 3;
/** The least weight that fills the height: a commit of some 30 rows. */
const FULL = 5;
/** Half of the slider's thumb: its centre moves between these insets. */
const INSET = 9;

export function drawActivity(canvas: HTMLCanvasElement, commits: CommitLog | undefined, seq: number): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const last = commits?.last.value ?? -1;
  if (!commits || last < 0) return;

  const style = getComputedStyle(canvas);
  const passed = style.getPropertyValue('--accent');
  const ahead = style.getPropertyValue('--line-strong');
  const room = width - 2 * INSET;
  const buckets = weigh(commits, last, Math.max(1, Math.min(last + 1, Math.floor(room / BAR))));
  const highest = Math.max(FULL, ...buckets.map(({ weight }) => weight));
  buckets.forEach(({ weight, first }, at) => {
    if (weight === 0) return;
    const x = INSET + (buckets.length === 1 ? room : (at / (buckets.length - 1)) * room);
    const bar = Math.max(2, (weight / highest) * (height - 2));
    context.fillStyle = first <= seq ? passed : ahead;
    context.fillRect(x - 1, height - bar, 2, bar);
  });
}

/** Commits in as many groups as there are bars. */
function weigh(commits: CommitLog, last: number, count: number): { weight: number; first: number }[] {
  const buckets = Array.from({ length: count }, (_, at) => ({ weight: 0, first: Math.ceil((at / count) * (last + 1)) }));
  for (let seq = 0; seq <= last; seq += 1) {
    const commit = commits.get(seq);
    const bucket = buckets[Math.floor((seq / (last + 1)) * count)];
    if (commit && bucket) bucket.weight = Math.max(bucket.weight, Math.log2(2 + commit.affectedRows));
  }
  return buckets;
}
