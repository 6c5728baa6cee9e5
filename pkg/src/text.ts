/** Texts as UTF-8, written to where the engine reads them. */

import { DatabaseError } from './error.js';
import type { Room } from './parameters.js';
import { isWellFormed } from './url.js';

/** Up to here it takes longer to ask the encoder than to do its work. */
const SHORT = 128;

const encoder = new TextEncoder();

/** Writes a text at a place in the room, and returns its length in bytes. `what` says whose text it is, for the error. */
export function putText(room: Room, at: number, text: string, what: (of: number) => string, of = 0): number {
  const length = text.length;
  if (length === 0) return 0;
  room.reserve(at + length * 3);
  const start = room.start + at;
  const u8 = room.u8;
  if (length <= SHORT && putAscii(u8, start, text)) return length;
  if (!isWellFormed(text)) {
    throw new DatabaseError('CHARACTER_NOT_IN_REPERTOIRE', `${what(of)} holds a lone surrogate, which is not a character`);
  }
  return encoder.encodeInto(text, u8.subarray(start, start + length * 3)).written;
}

/** False where the text is not ASCII. */
function putAscii(u8: Uint8Array, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return false;
    u8[start + index] = unit;
  }
  return true;
}
