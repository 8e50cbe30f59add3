import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = makeWorld();
});
afterEach(() => world.destroy());

const SECRET = "hunter2-of-the-test";
const TOKEN = "token-of-the-test";

test("law 9: a generation keeps no sensitive or ephemeral value, and a rollback takes them as they are now", async () => {
  world.write(
    "main.tf",
    `variable "password" {\n  sensitive = true\n}\nvariable "token" {\n  ephemeral = true\n}\nvariable "size" {\n  default = 1\n}
resource "terraform_data" "one" {\n  input = var.size\n}\n`,
  );
  world.write("terraform.tfvars", `password = "${SECRET}"\ntoken = "${TOKEN}"\n`);
  const applies = [
    await world.kiln("apply", "-auto-approve"),
    await world.kiln("apply", "-auto-approve", "-var", "size=2"),
  ];
  expect(applies.map(({ code }) => code)).toEqual([0, 0]);

  const own = path.join(world.directory, ".kiln");
  const kept = readdirSync(own, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "latin1"))
    .join("");
  expect(kept).toContain('"size"');
  expect(kept).not.toContain(SECRET);
  expect(kept).not.toContain(TOKEN);

  const back = await world.kiln("rollback", "1", "-auto-approve");
  expect([back.code, back.out.includes(SECRET)]).toEqual([0, false]);
  expect((await world.kiln("state", "show", "terraform_data.one")).out).toMatch(/input\s+= 1/);

  rmSync(path.join(world.directory, "terraform.tfvars"));
  const without = await world.kiln("rollback", "2", "-auto-approve");
  expect(without.code).toBe(1);
  expect(without.err).toContain("TF_VAR_password");
});
