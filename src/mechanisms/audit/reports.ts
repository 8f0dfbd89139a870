/**
 * Type profiles and reports at which rules that somebody wrote are likely to be wrong: corners and faces of the box,
 * ties between participants and between goods, values at which outcomes were seen to change, and values that the
 * distribution draws, with its atoms.
 *
 * @module
 */

/** Numbers in [0, 1), one after the other. */
export type Draws = () => number;

/** How many reports a row of {@linkcode reportsOf} has, which of them are drawn from the distribution, from where on. */
export const REPORTS = 42, FROM_DISTRIBUTION = 10;
/** The reports of a row that differ from the truth in one value: there 0, and 1. */
export const AXIS_LOW = 1, AXIS_HIGH = 2;
/** Those that are all 0, and a corner of the box. */
export const ALL_LOW = 3, CORNER = 5;
/** Which reports are drawn from the distribution: from this one on. */
export const FIRST_DRAWN = 30;

/** How far from a corner a type near it is, at most; and, up to twice as far, those that differ in one value. */
const NEAR = 0.05, WIDE = [0.1, 0.05, 0.01] as const;
/** Distances from the truth. */
const STEPS = [0.1, 0.01, 1e-3, 1e-4] as const;

/** What reports are made of. */
export interface ReportSources {
  /** The type profile `[n, m]`, and the participant. */
  readonly profile: Float32Array;
  readonly participant: number;
  readonly goods: number;
  /** A number that goes up by 1 from row to row: the corners take turns. */
  readonly turn: number;
  /** The participant's types `[FROM_DISTRIBUTION, m]` in independent profiles. */
  readonly drawn: Float32Array;
  /** Values of each good at which an outcome or payment was seen to change. */
  readonly kinks: readonly (readonly number[])[];
  readonly next: Draws;
}

/** Writes the reports of one participant `[REPORTS, m]`; the first is the truth. */
export function reportsOf(sources: ReportSources, out: Float32Array): void {
  const { profile, participant: i, goods: m, turn, drawn, kinks, next } = sources, n = profile.length / m;
  const truth = profile.subarray(i * m, (i + 1) * m), axis = index(next, m);
  const other = () => n > 1 ? (i + 1 + index(next, n - 1)) % n : i;
  const valueOf = (k: number, j: number) => profile[k * m + j];
  /** Somebody else's value of good j; where there is nobody else, one's own of another good. */
  const tied = (j: number) => n > 1 ? valueOf(other(), j) : truth[index(next, m)];
  const highest = (j: number) => {
    let most = 0;
    for (let k = 0; k < n; k++) if (k !== i) most = Math.max(most, valueOf(k, j));
    return n > 1 ? most : truth[axis];
  };
  const kink = (j: number) => kinks[j].length > 0 ? kinks[j][index(next, kinks[j].length)] : drawn[j];
  const but = (j: number, value: number) => (good: number) => good === j ? value : truth[good];
  let at = 0;
  const report = (value: (good: number) => number) => {
    for (let j = 0; j < m; j++) out[at++] = Math.min(1, Math.max(0, value(j)));
  };

  report((j) => truth[j]);
  report(but(axis, 0));
  report(but(axis, 1));
  report(() => 0);
  report(() => 1);
  report((j) => corner(turn, j));
  report((j) => inward(corner(turn, j), NEAR * next()));
  for (const wide of WIDE) {
    const good = index(next, m), by = wide * (1 + next());
    report((j) => j === good ? inward(corner(turn, j), by) : corner(turn, j));
  }
  report((j) => j === axis ? truth[j] : 0);
  report((j) => j === axis ? 1 : 0);
  report(but(axis, tied(axis)));
  const rival = other();
  report((j) => n > 1 ? valueOf(rival, j) : truth[axis]);
  report(highest);
  report(tied);
  report((j) => j === axis ? tied(j) : 0);
  for (const step of STEPS) report((j) => truth[j] + step * (2 * next() - 1));
  const scale = next();
  report((j) => scale * truth[j]);
  report((j) => next() * truth[j]);
  report((j) => truth[j] + next() * (1 - truth[j]));
  for (let k = 0; k < 4; k++) report(next);
  report(but(axis, kink(axis)));
  report(kink);
  for (let k = 0; k < FROM_DISTRIBUTION; k++) report((j) => drawn[k * m + j]);
  for (let k = 0; k < 2; k++) report((j) => drawn[index(next, FROM_DISTRIBUTION) * m + j]);
}

/** Changes a type profile `[n, m]` to one with ties, at a corner or a face, or at kinks. */
export function changeProfile(
  profile: Float32Array,
  m: number,
  turn: number,
  kinks: readonly (readonly number[])[],
  next: Draws,
): void {
  const n = profile.length / m, good = index(next, m), one = index(next, n), two = (one + 1 + index(next, n - 1)) % n;
  const each = (value: (i: number, j: number) => number) => {
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) profile[i * m + j] = value(i, j);
  };
  switch (turn % 8) {
    case 0: // two participants tie in one good; of one participant, two goods
      if (n > 1) profile[one * m + good] = profile[two * m + good];
      else profile[good] = profile[index(next, m)];
      break;
    case 1: // in all goods
      each((i, j) => profile[(n > 1 && i === one ? two * m : i * m) + (n > 1 ? j : good)]);
      break;
    case 2: // all participants tie in one good
      for (let i = 0; i < n; i++) profile[i * m + good] = profile[one * m + good];
      break;
    case 3: // a corner, the same for all participants, or one each
      each((i, j) => corner(Math.floor(turn / 8), turn % 16 < 8 ? j : i * m + j));
      break;
    case 4: // near one
      each((i, j) => inward(corner(Math.floor(turn / 8), turn % 16 < 8 ? j : i * m + j), NEAR * next()));
      break;
    case 5: // some values 0, some 1
      each((i, j) => next() < 0.25 ? Math.round(next()) : profile[i * m + j]);
      break;
    case 6: // one value at a face
      profile[one * m + good] = Math.round(next());
      break;
    default: // values at which outcomes change
      each((i, j) => kinks[j].length > 0 && next() < 0.5 ? kinks[j][index(next, kinks[j].length)] : profile[i * m + j]);
  }
}

/** Coordinate j of a corner of the box: 0 or 1. As `turn` goes on, all corners of some coordinates come up. */
function corner(turn: number, j: number): number {
  // All ones first, then those of an odd multiple of the turn, so that the first few differ in all coordinates.
  return j < 31 ? 1 - (Math.imul(turn, 0x2545f491) >>> j & 1) : 1 - (Math.imul(turn + j, 0x9e3779b1) >>> 31);
}

/** A value moved from 0 or 1 into the interval. */
function inward(end: number, by: number): number {
  return end === 0 ? by : end - by;
}

function index(next: Draws, length: number): number {
  return Math.min(Math.max(0, length - 1), Math.floor(next() * length));
}
