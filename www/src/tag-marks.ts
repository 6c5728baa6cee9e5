/** The tags where they stand on the slider. */

import { byId, element, fill } from './dom';
import type { Playground } from './playground';

/** Half of the slider's thumb: its centre moves between these insets. */
const INSET = 9;

export function startTagMarks(playground: Playground): void {
  const host = byId('tags');
  const show = (): void => {
    const last = playground.commits.value?.last.value ?? -1;
    const marks = playground.tags.value.map(({ name, seq }) => {
      const mark = element(
        'button',
        { class: 'tag-mark', type: 'button', title: name, aria: { label: `Tag ${name}, seq ${seq}` }, on: { click: () => playground.goTo(seq) } },
        element('span', {}, name),
      );
      const place = last > 0 ? seq / last : 0;
      mark.style.left = `calc(${INSET}px + ${place} * (100% - ${2 * INSET}px))`;
      // Its name stands on the side that has room.
      mark.classList.toggle('late', place > 0.5);
      return mark;
    });
    fill(host, ...marks);
  };
  playground.tags.follow(show);
  playground.commits.follow((commits) => commits?.last.follow(show));
}
