/**
 * Contours of a function on a grid.
 *
 * @module
 */

/** A piece of a contour: x1, y1, x2, y2, in [0, 1]. */
export type Segment = readonly [number, number, number, number];

/**
 * The contour of a level, as segments: each cell is cut into two triangles, on which the function is taken as linear.
 *
 * @param values `[size, size]`, x along rows, on a grid of [0, 1]^2.
 */
export function contours(values: ArrayLike<number>, size: number, level: number): Segment[] {
  const segments: Segment[] = [], last = size - 1;
  const at = (k: number) => [k % size / last, Math.floor(k / size) / last];
  const triangle = (...corners: readonly number[]) => {
    const ends: number[] = [];
    corners.forEach((from, k) => {
      const to = corners[(k + 1) % 3], a = values[from] - level, b = values[to] - level;
      if ((a < 0) === (b < 0)) return;
      const share = a / (a - b), [x1, y1] = at(from), [x2, y2] = at(to);
      ends.push(x1 + share * (x2 - x1), y1 + share * (y2 - y1));
    });
    if (ends.length === 4) segments.push(ends as unknown as Segment);
  };
  for (let row = 0; row < last; row++) {
    for (let column = 0; column < last; column++) {
      const k = row * size + column;
      triangle(k, k + 1, k + size + 1);
      triangle(k, k + size + 1, k + size);
    }
  }
  return segments;
}
