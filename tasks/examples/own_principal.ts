/**
 * A principal of your own: a public seller, to whom a participant's utility counts as much as half of its own profit.
 * Handing out a good costs 0.2. Beside it a seller who wants profit alone.
 *
 *     deno run -A own_principal.ts [ITERATIONS]
 */
import { defineProblem, evaluate, type ProblemDefinition, train } from "../../mod.ts";

const iterations = Number(Deno.args[0] ?? 150), COST = 0.2, WEIGHT = 0.5;

/** u0 [B] from outcomes [B, n, m], payments [B, n] and types [B, n, m]; training differentiates it in the payments. */
const profit: ProblemDefinition["principalUtility"] = (tf, outcomes, payments) =>
  tf.sub(tf.sum(payments, 1), tf.mul(COST, tf.sum(outcomes, [1, 2])));
const publicUtility: ProblemDefinition["principalUtility"] = (tf, outcomes, payments, types) => {
  const utilities = tf.sub(tf.sum(tf.mul(types, outcomes), [1, 2]), tf.sum(payments, 1));
  return tf.add(profit(tf, outcomes, payments, types), tf.mul(WEIGHT, utilities));
};

for (const [name, principalUtility] of Object.entries({ private: profit, public: publicUtility })) {
  const problem = defineProblem({ name, participants: 1, goods: 2, distribution: "U", principalUtility });
  const { mechanism } = await train(problem, { iterations });
  const { revenue, participantsUtility, allocated } = await evaluate(problem, mechanism, { profiles: 20_000 });
  console.log(
    `${name} seller: utility ${revenue.toFixed(4)}, the buyer's ${participantsUtility.toFixed(4)}, ` +
      `sells ${(100 * allocated).toFixed(0)}% of the goods`,
  );
}
