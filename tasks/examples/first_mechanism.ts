/** A first mechanism: two goods for one buyer. `mod.ts` is "jsr:@tedi/toolkit" outside of this repository. */
import { evaluate, settingProblem, train } from "../../mod.ts";

const problem = settingProblem("U_{1,2}^{0,0}"); // values uniform on [0, 1], no costs
const { mechanism } = await train(problem, { iterations: Number(Deno.args[0] ?? 300) });
const { revenue, standardError } = await evaluate(problem, mechanism, { profiles: 20_000 });
const { outcomes, payments } = await mechanism.run([[[0.9, 0.2]]]); // one profile, one buyer, two goods
console.log(`revenue ${revenue.toFixed(4)} +- ${standardError.toFixed(4)}, at best 0.5492`);
const gets = Array.from(outcomes, (x) => x.toFixed(2)).join(" and ");
console.log(`whoever values the goods at 0.9 and 0.2 gets ${gets}, and pays ${payments[0].toFixed(4)}`);
