import fc from "fast-check";
import { expect, test } from "vitest";
import { converge, harness, stateOf, texts } from "../testing/harness.ts";

/** One resource of a made-up configuration. */
interface Made {
  /** Which earlier ones it refers to. */
  readonly uses: readonly number[];
  readonly key: number;
  readonly input: number;
  readonly createFirst: boolean;
  readonly count: number;
  readonly present: boolean;
}

const made = fc.record({
  uses: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
  key: fc.nat(1),
  input: fc.nat(1),
  createFirst: fc.boolean(),
  count: fc.integer({ min: 1, max: 2 }),
  present: fc.boolean(),
});
const configuration = fc.array(made, { minLength: 2, maxLength: 10 });

function source(resources: readonly Made[]): string {
  const blocks = resources.flatMap(({ uses, key, input, createFirst, count, present }, at) => {
    if (!present) return [];
    const used = uses.filter((use) => use < at && resources[use]?.present === true);
    return [
      `resource "test_thing" "r${at}" {
        count      = ${count}
        input      = [${[input, ...used.map((use) => `test_thing.r${use}[0].id`)].join(", ")}]
        replace_on = ${key}
        ${createFirst ? "lifecycle { create_before_destroy = true }" : ""}
      }`,
    ];
  });
  return blocks.length === 0 ? "locals { nothing = 1 }" : blocks.join("\n");
}

const block = (address: string): string => address.replace(/\[\d+\]$/, "");

/** Law of order: users after what they use are made, and before it destroyed; the halves of a replacement as planned. */
test("any configuration after any other is applied in a sound order, and leaves nothing to do", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(configuration, { minLength: 2, maxLength: 3 }), async (versions) => {
      const rig = harness();
      for (const version of [...versions.map(source), "locals { nothing = 1 }"]) {
        const before = stateOf(rig);
        rig.world.ended.length = 0;
        const result = await converge(rig, version);
        expect(texts(result.diagnostics)).toEqual([]);
        expect(result.outcome).toBe("applied");
        const { ended } = rig.world;
        const place = (name: string): number => ended.indexOf(name);
        const precede = (earlier: string, later: string): void => {
          if (place(earlier) < 0 || place(later) < 0) return;
          expect(place(earlier), `${earlier} before ${later} in ${ended.join(", ")}`).toBeLessThan(
            place(later),
          );
        };
        for (const { address } of stateOf(rig).instances.values()) expect(address.type).toBe("test_thing");
        for (const [user, { current }] of stateOf(rig).instances) {
          for (const base of stateOf(rig).instances.keys()) {
            if (current?.dependencies.includes(block(base)) !== true) continue;
            for (const verb of ["create", "update"]) {
              precede(`create ${base}`, `${verb} ${user}`);
              precede(`update ${base}`, `${verb} ${user}`);
            }
          }
        }
        for (const [user, { current }] of before.instances) {
          for (const base of before.instances.keys()) {
            if (current?.dependencies.includes(block(base)) === true)
              precede(`delete ${user}`, `delete ${base}`);
          }
        }
        for (const change of result.plan.changes) {
          if (change.action !== "replace") continue;
          const [first, second] =
            change.replaceOrder === "create_first" ? ["create", "delete"] : ["delete", "create"];
          precede(`${first} ${change.text}`, `${second} ${change.text}`);
        }
        const again = await converge(rig, version);
        expect(again.plan.applicable).toBe(false);
        expect(rig.world.objects.size).toBe(stateOf(rig).instances.size);
      }
      expect(rig.world.objects.size).toBe(0);
    }),
    { numRuns: 60 },
  );
});
