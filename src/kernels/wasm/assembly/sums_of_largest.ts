// The sums of a point's largest coordinates, s_k = 2 / (m + 1) times the sum of the k largest, for k = 1..m; and slopes
// in x of functions of these. Such a function is symmetric: f(x) does not depend on which good is which
// (networks/sums_of_largest.ts).

/** Bytes of a number. */
// @ts-ignore: decorator
@inline
function bytes<T>(): i32 {
  return <i32>sizeof<T>();
}

/** What sums are multiplied by. */
// @ts-ignore: decorator
@inline
function sumScale<T>(m: i32): T {
  return <T>(<T>2 / <T>(m + 1));
}

/** Writes s `[m]` of a point `[m]`, each `stride` bytes behind the one before. */
export function sumsOfLargest<T>(point: usize, m: i32, out: usize, stride: i32): void {
  // From the largest to the least by insertion, where the sums will be.
  for (let j: i32 = 0; j < m; j++) {
    const x = load<T>(point + j * bytes<T>());
    let to = out + j * stride;
    for (; to > out && load<T>(to - stride) < x; to -= stride) store<T>(to, load<T>(to - stride));
    store<T>(to, x);
  }
  const scale = sumScale<T>(m);
  let sum: T = 0;
  for (let to = out, end = out + m * stride; to < end; to += stride) {
    sum = <T>(sum + scale * load<T>(to));
    store<T>(to, sum);
  }
}

/**
 * Replaces slopes in s `[m]` by slopes in the point's coordinates `[m]`. A coordinate that r others come before, in
 * descending order, is part of s_k for all k > r: its slope is 2 / (m + 1) times the sum of those. Of equal coordinates
 * the first comes first. `scratch` has room for 2 m numbers.
 */
export function slopeInGoods<T>(point: usize, m: i32, slope: usize, scratch: usize): void {
  const ranks = scratch + m * bytes<T>();
  const scale = sumScale<T>(m);
  let sum: T = 0;
  for (let k = m - 1; k >= 0; k--) {
    sum = <T>(sum + scale * load<T>(slope + k * bytes<T>()));
    store<T>(scratch + k * bytes<T>(), sum);
  }
  for (let j: i32 = 0; j < m; j++) {
    const x = load<T>(point + j * bytes<T>());
    let rank = j;
    for (let i: i32 = 0; i < j; i++) {
      const before = i32(load<T>(point + i * bytes<T>()) >= x), place = ranks + (i << 2);
      store<i32>(place, load<i32>(place) + 1 - before);
      rank += before - 1;
    }
    store<i32>(ranks + (j << 2), rank);
  }
  for (let j: i32 = 0; j < m; j++) {
    store<T>(slope + j * bytes<T>(), load<T>(scratch + load<i32>(ranks + (j << 2)) * bytes<T>()));
  }
}
