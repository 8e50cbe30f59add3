import { describe, expect, test } from "vitest";
import { mutants } from "./mutants.ts";
import { simulate } from "./simulate.ts";

/** One seed alone, as a failing run says; else `KILN_SEEDS` of them, from `KILN_FIRST_SEED` on. */
const ONE = process.env["KILN_SEED"];
const SEEDS = ONE === undefined ? Number(process.env["KILN_SEEDS"] ?? 500) : 1;
const FIRST = Number(ONE ?? process.env["KILN_FIRST_SEED"] ?? 1);
const MOST_SEEDS_FOR_A_MUTANT = 150;

/** What a run of all seeds must have seen: (phase of a fleet x what happened). */
const REACHED = [
  ...["preparing", "prepared", "switching", "baking", "aborting", "serving", "nothing"].flatMap((phase) => [
    `${phase} x kill`,
    `${phase} x second daemon`,
    `${phase} x rollback`,
    `${phase} x abort`,
    `${phase} x scale`,
  ]),
  ...["preparing", "prepared", "baking", "aborting", "serving"].flatMap((phase) => [
    `${phase} x crash`,
    `${phase} x tamper`,
    `${phase} x sicken`,
    `${phase} x panic`,
    `${phase} x full disk`,
    `${phase} x message lost`,
    `${phase} x answer lost`,
    `${phase} x message doubled`,
    `${phase} x retry`,
    `${phase} x restart`,
  ]),
  ...["preparing", "prepared", "baking", "serving"].map((phase) => `${phase} x destroy`),
  "preparing x start lost_reply",
  "preparing x start refused",
  "preparing x start hangs",
  "aborting x stop lost_reply",
  "aborting x stop hangs",
  "switching x apply unreachable",
  "switching x apply lost_reply",
  "aborting x apply lost_reply",
  "baking x pause",
  "baking x promote",
  "prepared x handover",
  "serving x granted",
];

function report(seed: number, violations: readonly string[]): string {
  return `seed ${seed} breaks:\n  ${violations.join("\n  ")}\nreplay it with: KILN_SEED=${seed} npx vitest run test/simulation/simulation.test.ts -t laws`;
}

describe("simulation", () => {
  test(
    `the laws hold in ${SEEDS} seeds, and all that matters was reached`,
    { timeout: 120_000 + SEEDS * 200 },
    async () => {
      const failures: string[] = [];
      const coverage = new Map<string, number>();
      for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
        const outcome = await simulate(seed);
        if (outcome.violations.length > 0) failures.push(report(seed, outcome.violations));
        for (const [key, count] of outcome.coverage) coverage.set(key, (coverage.get(key) ?? 0) + count);
      }
      expect(failures.slice(0, 5).join("\n")).toBe("");
      if (SEEDS >= 500) expect(REACHED.filter((key) => !coverage.has(key))).toEqual([]);
    },
  );

  test("the same seed gives the same run", async () => {
    const [one, two] = [await simulate(7), await simulate(7)];
    expect([...one.coverage]).toEqual([...two.coverage]);
  });
});

describe("a planted mistake is noticed", () => {
  for (const { name, law, machine } of mutants) {
    test(`${law}: ${name}`, { timeout: 60_000 }, async () => {
      for (let seed = 1; seed <= MOST_SEEDS_FOR_A_MUTANT; seed++) {
        const { violations } = await simulate(seed, machine);
        if (violations.some((violation) => violation.startsWith(law))) return;
      }
      expect.fail(`no seed up to ${MOST_SEEDS_FOR_A_MUTANT} breaks ${law}`);
    });
  }
});
