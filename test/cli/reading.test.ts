import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = makeWorld();
});
afterEach(() => world.destroy());

const FILES = 1500;

test("what an apply had made when it was killed is listed at once, and not made again", async () => {
  world.write(
    "main.tf",
    `resource "local_file" "many" {\n  count    = ${FILES}\n  filename = "out/\${count.index}"\n  content  = "x"\n}\n`,
  );
  const apply = world.start("apply", "-auto-approve", "-parallelism=1");
  const made = path.join(world.directory, "out");
  await expect.poll(() => existsSync(path.join(made, "100")), { timeout: 30_000, interval: 5 }).toBe(true);
  // Reading waits for no lock, and sees what goes on.
  const during = await world.kiln("state", "list");
  expect(during.out.split("\n").length).toBeGreaterThan(50);
  expect(process.kill(apply.pid, "SIGKILL")).toBe(true);
  expect((await apply.ended).code).toBeNull();
  expect(existsSync(path.join(world.directory, "terraform.tfstate"))).toBe(false);

  const listed = (await world.kiln("state", "list")).out.trim().split("\n");
  expect(listed.length).toBeGreaterThan(50);
  expect(listed.length).toBeLessThan(FILES);
  expect(existsSync(path.join(world.directory, "terraform.tfstate"))).toBe(false);
  const shown = JSON.parse((await world.kiln("show", "-json")).out) as {
    values: { root_module: { resources: unknown[] } };
  };
  expect(shown.values.root_module.resources).toHaveLength(listed.length);

  const left = `Plan: ${FILES - listed.length} to add, 0 to change, 0 to destroy.`;
  expect((await world.kiln("plan", "-lock=false", "-no-color")).out).toContain(left);
  const plan = await world.kiln("plan", "-no-color");
  expect(plan.out).toContain(left);
  expect(plan.err + plan.out).toContain("An earlier apply was cut short");
  const state = readFileSync(path.join(world.directory, "terraform.tfstate"), "utf8");
  expect(state.match(/"index_key"/g)).toHaveLength(listed.length);
}, 60_000);

test("-detailed-exitcode tells changes, none, and an error apart", async () => {
  world.write("main.tf", `resource "terraform_data" "a" {\n  input = 1\n}\n`);
  expect((await world.kiln("plan", "-detailed-exitcode")).code).toBe(2);
  expect((await world.kiln("apply", "-auto-approve")).code).toBe(0);
  expect((await world.kiln("plan", "-detailed-exitcode")).code).toBe(0);
  world.write("main.tf", `resource "terraform_data" "a" {\n  imput = 1\n}\n`);
  expect((await world.kiln("plan", "-detailed-exitcode")).code).toBe(1);
}, 30_000);

test("a count that goes moves its lone object, and -json says from where", async () => {
  world.write("main.tf", `resource "terraform_data" "a" {\n  count = 1\n  input = 1\n}\n`);
  expect((await world.kiln("apply", "-auto-approve")).code).toBe(0);
  world.write("main.tf", `resource "terraform_data" "a" {\n  input = 1\n}\n`);
  const lines = (await world.kiln("plan", "-json", "-out=p")).out.split("\n");
  const planned = lines.filter((line) => line.includes('"planned_change"'));
  expect(planned.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    {
      change: {
        action: "move",
        resource: { addr: "terraform_data.a" },
        previous_resource: { addr: "terraform_data.a[0]" },
      },
    },
  ]);
  const shown = JSON.parse((await world.kiln("show", "-json", "p")).out) as {
    resource_changes: { previous_address?: string }[];
  };
  expect(shown.resource_changes[0]?.previous_address).toBe("terraform_data.a[0]");
}, 30_000);
