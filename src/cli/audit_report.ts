/**
 * Reports what an audit found: as text, or as JSON.
 *
 * @module
 */
import { count, short } from "../display.ts";
import type { AuditCheck, AuditWitness } from "../mechanisms/audit/check.ts";
import { CHECK_WORDS, unseenInWords } from "../mechanisms/audit/words.ts";
import type { AuditReport } from "../mechanisms/audit.ts";
import { revenueName, sampleInWords } from "../mechanisms/evaluate.ts";
import { amount, plainAmount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { round } from "./evaluation_report.ts";
import { helpWidth, wrap } from "./help.ts";
import { colour, type Output } from "./output.ts";
import { duration } from "./progress.ts";

/** Reports an audit: a block of text, or a JSON object. */
export function reportAudit(problem: MechanismProblem, report: AuditReport, seconds: number, output: Output): void {
  const { passed, revenue, checks, skipped, leftOut, options } = report;
  // An infinite violation is null in JSON.
  output.event("audit", {
    setting: problem.name,
    passed,
    revenue,
    checks,
    skipped,
    leftOut,
    ...options,
    seconds: round(seconds),
  });
  output.text(auditText(problem, report, seconds));
}

function auditText(problem: MechanismProblem, report: AuditReport, seconds: number): string {
  const { participants: n, goods: m } = problem, { checks, skipped, leftOut, revenue, options } = report;
  const lines = [colour(Deno.stdout, "bold", `${problem.name}, ${count(n, "participant")}, ${count(m, "good")}`)];
  for (const check of checks) {
    const [name, violation] = CHECK_WORDS[check.name], amount = `${short(check.worst)} of ${plain(check.bound)}`;
    lines.push(line(check.passed ? "passed" : "FAILED", name, amount, `${violation}; ${remarks(check)}`));
    if (!check.passed && check.witness) lines.push(...witnessLines(check.witness, n));
  }
  for (const { name, reason } of skipped) lines.push(line("-", CHECK_WORDS[name][0], "", reason));
  for (const what of leftOut) lines.push(line("-", "not checked", "", what));
  const unseen = unseenInWords(checks);
  if (unseen) lines.push(line("", "rare violations", ...unseen));
  const [low, high] = revenue.interval.map((value) => plainAmount(problem, value));
  lines.push(
    line(
      "",
      revenueName(problem),
      amount(problem, revenue.mean),
      `95% confidence: ${low} to ${high}, ${sampleInWords(revenue, "fresh ")}`,
    ),
    line(
      "",
      "audit",
      duration(seconds),
      `${options.profiles} profiles, ${options.misreports} misreports, seed ${options.seed}`,
    ),
  );
  const failed = checks.filter(({ passed }) => !passed).map(({ name }) => CHECK_WORDS[name][0]);
  if (checks.some(({ name, passed }) => name === "certificates" && !passed)) {
    const words = "A certificate is wrong: report this, with the mechanism file.";
    lines.push(colour(Deno.stdout, "red", words));
  }
  lines.push(
    failed.length === 0
      ? `All ${checks.length} checks passed.`
      : colour(Deno.stdout, "red", `${failed.length} of ${checks.length} checks failed: ${failed.join(", ")}.`),
  );
  return lines.join("\n");
}

function remarks({ name, cases, mean, remark }: AuditCheck): string {
  const parts = [count(cases, "case")];
  if (name === "incentiveCompatibility") parts.push(`mean ${short(mean)}`);
  if (remark) parts.push(remark);
  return parts.join("; ");
}

/** Where a violation is. */
function witnessLines({ profile, participant, misreport, outcomes, payments }: AuditWitness, n: number): string[] {
  const list = (numbers: readonly number[]) => numbers.map((value) => Number(value.toPrecision(6))).join(" ");
  const rows: string[] = [];
  rows.push(`participant ${participant + 1} of ${n} at ${profile.map(list).join(" | ")}`);
  if (misreport) rows.push(`and with its own report changed to ${list(misreport)}`);
  outcomes?.forEach((outcome, k) => rows.push(`outcome ${list(outcome)} for ${short(payments?.[k] ?? NaN)}`));
  return rows.map((text) => " ".repeat(10) + wrap(text, 10, helpWidth()));
}

function line(verdict: string, name: string, value: string, remark: string): string {
  const padded = (text: string) => text.length < 16 ? text.padEnd(17) : `${text}  `;
  const start = `  ${verdict.padEnd(8)}${padded(name)}${padded(value)}`;
  return (start + wrap(remark, start.length, helpWidth())).trimEnd();
}

/** A bound as somebody would write it: 0.01, 1e-6. */
function plain(bound: number): string {
  return bound > 0 && bound < 1e-3 ? Number(bound.toPrecision(4)).toExponential() : short(bound);
}
