/**
 * Valuations of your own: what 400 students would pay at most for two courses (made up), a line each, in [0, 1].
 *
 *     deno run -A own_valuations.ts [FILE.csv] [ITERATIONS]
 */
import { empiricalProblem, evaluate, train } from "../../mod.ts";

const file = Deno.args[0] ?? `${import.meta.dirname}/valuations.csv`;
const iterations = Number(Deno.args[1] ?? 200);

// One line in five is held out; training never sees it.
const problem = await empiricalProblem({ file, participants: 1, goods: 2 });
const { mechanism } = await train(problem, { iterations });

const { revenue, standardError } = await evaluate(problem, mechanism, { profiles: 20_000 });
console.log(`revenue on held-out valuations: ${revenue.toFixed(4)} +- ${standardError.toFixed(4)}`);

// What some buyers would get and pay.
const types = [[[0.8, 0.2]], [[0.5, 0.5]], [[0.2, 0.8]], [[0.3, 0.3]]];
const { outcomes, payments } = await mechanism.run(types);
types.forEach(([type], b) => {
  const probabilities = Array.from(outcomes.subarray(2 * b, 2 * b + 2), (x) => x.toFixed(2)).join(" and ");
  console.log(`values ${type.join(" and ")}: gets ${probabilities}, pays ${payments[b].toFixed(3)}`);
});
