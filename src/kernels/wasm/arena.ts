/**
 * Reserves places in the memory of the WASM kernels, before anything is written.
 *
 * @module
 */

/** A part of the memory, aligned to 64 bytes. */
export interface Place {
  readonly address: number;
  /** Its length in 4-byte numbers. */
  readonly length: number;
}

/** Reserves places one after the other. */
export class Arena {
  /** The address of the next place. */
  end: number;

  constructor(from: number) {
    this.end = from;
  }

  /** Reserves `length` 4-byte numbers, and 16 more behind them, which vectors may read. */
  take(length: number): Place {
    const address = this.end;
    this.end = Math.ceil((address + 4 * (length + 16)) / 64) * 64;
    return { address, length };
  }
}
