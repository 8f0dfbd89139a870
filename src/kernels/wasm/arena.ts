/**
 * Places in the kernels' memory, laid out before anything is written.
 *
 * @module
 */

/** A part of the memory: a multiple of 64 bytes, at an address of 64 bytes' alignment. */
export interface Place {
  readonly address: number;
  /** How many 4-byte numbers. */
  readonly length: number;
}

/** Hands out places one after the other. */
export class Arena {
  /** Where the next place begins. */
  end: number;

  constructor(from: number) {
    this.end = from;
  }

  /** Room for `length` 4-byte numbers, and 16 more that vectors may read beyond them. */
  take(length: number): Place {
    const address = this.end;
    this.end = Math.ceil((address + 4 * (length + 16)) / 64) * 64;
    return { address, length };
  }
}
