import { readFileSync, rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = makeWorld();
});
afterEach(() => world.destroy());

const DATA = `variable "text" {
  type    = string
  default = "a"
}
resource "terraform_data" "one" {
  input = var.text
}
output "one" {
  value = terraform_data.one.output
}
`;

describe("what is typed wrong", () => {
  test("a syntax error shows its line, underlined, in a box", async () => {
    world.write("main.tf", `resource "terraform_data" "a" {\n  input = [1, 2\n}\n`);
    const { code, err, out } = await world.kiln("validate", "-no-color");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(
      /^╷\n│ Error: .+\n│\n│   on main\.tf line [23], in resource "terraform_data" "a":\n(│ +\d: .*\n)+│\n(│ .*\n|│\n)*╵\n$/,
    );
  });

  test("an unknown attribute is named, with its place", async () => {
    world.write("main.tf", `resource "terraform_data" "a" {\n  imput = 1\n}\n`);
    const { code, err } = await world.kiln("plan");
    expect(code).toBe(1);
    expect(err).toContain(`on main.tf line 2, in resource "terraform_data" "a":\n│    2:   imput = 1`);
    expect(err).toContain("imput");
  });

  test("unknown commands and flags are told what was meant", async () => {
    const command = await world.kiln("aply");
    expect([command.code, command.err]).toEqual([1, expect.stringContaining('Did you mean "apply"?')]);
    const flag = await world.kiln("plan", "-auto-aprove");
    expect([flag.code, flag.err]).toEqual([
      1,
      expect.stringContaining("flag provided but not defined: -auto-aprove"),
    ]);
    expect(flag.err).toContain("kiln plan -help");
    const target = await world.kiln("plan", "-target=a.b");
    expect([target.code, target.err]).toEqual([1, expect.stringContaining("does not have it yet")]);
  });

  test("a directory without a configuration, and one that is not there", async () => {
    expect((await world.kiln("plan")).err).toContain("No configuration files");
    expect((await world.kiln("-chdir=nowhere", "plan")).err).toContain("No such directory");
    expect((await world.kiln("up", "nowhere")).err).toContain("No such directory");
  });
});

describe("plan, apply, destroy", () => {
  test("the whole round, with output, state and history", async () => {
    world.write("main.tf", DATA);
    expect((await world.kiln("init")).out).toContain("successfully initialized");
    const plan = await world.kiln("plan", "-detailed-exitcode", "-out=p", "-var", "text=b");
    expect([plan.code, plan.err]).toEqual([2, ""]);
    expect(plan.out).toContain('+ input  = "b"');
    expect((await stat(path.join(world.directory, "p"))).mode & 0o777).toBe(0o600);
    expect((await world.kiln("show", "p")).out).toContain("Plan: 1 to add, 0 to change, 0 to destroy.");
    const apply = await world.kiln("apply", "p");
    expect([apply.code, apply.err]).toEqual([0, ""]);
    expect(apply.out).toContain("Apply complete! Resources: 1 added, 0 changed, 0 destroyed. (generation 1)");
    expect((await world.kiln("output", "-raw", "one")).out).toBe("b");
    expect(JSON.parse((await world.kiln("output", "-json")).out)).toEqual({
      one: { sensitive: false, type: "string", value: "b" },
    });
    expect((await world.kiln("state", "list")).out).toBe("terraform_data.one\n");
    expect((await world.kiln("state", "show", "terraform_data.one")).out).toMatch(
      /^# terraform_data\.one:\nresource "terraform_data" "one" \{\n {4}id {5}= "[^"]+"\n {4}input {2}= "b"\n {4}output = "b"\n\}\n$/,
    );
    expect((await world.kiln("apply", "p")).err).toMatch(/stale|Saved plan/i);
    const destroy = await world.kiln("destroy", "-auto-approve");
    expect([destroy.code, destroy.out]).toEqual([
      0,
      expect.stringContaining("Destroy complete! Resources: 1 destroyed."),
    ]);
    const history = JSON.parse((await world.kiln("history", "-json")).out) as {
      generations: { number: number }[];
    };
    expect(history.generations.map((one) => one.number)).toEqual([2, 1]);
  }, 60_000);

  test("variables come from files, the environment's arguments and flags, the last one wins", async () => {
    world.write("main.tf", DATA);
    world.write("terraform.tfvars", `text = "file"\n`);
    world.write("z.auto.tfvars", `text = "auto"\n`);
    world.write("extra.vars", `text = "extra"\n`);
    const planned = async (...words: string[]) =>
      /input +(?:= )?.*"(.*)"/.exec((await world.kiln("plan", ...words)).out)?.[1];
    expect(await planned()).toBe("auto");
    expect(await planned("-var-file=extra.vars")).toBe("extra");
    expect(await planned("-var-file", "extra.vars", "-var", "text=flag")).toBe("flag");
    expect(await planned("-var", "text=flag", "-var-file", "extra.vars")).toBe("extra");
    expect((await world.kiln("plan", "-var-file=missing")).err).toContain("missing does not exist");
  }, 60_000);

  test("apply asks, and without an answer does nothing", async () => {
    world.write("main.tf", DATA);
    const asked = await world.kiln("apply");
    expect([asked.code, asked.out]).toEqual([1, expect.stringContaining("Apply cancelled.")]);
    expect(asked.out).toContain("Do you want to perform these actions?");
    const refused = await world.kiln("apply", "-input=false");
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("Approval required")]);
    const json = await world.kiln("apply", "-json");
    expect(json.code).toBe(1);
    expect(json.out).toContain("Plan file or auto-approve required");
    await expect(stat(path.join(world.directory, "terraform.tfstate"))).rejects.toThrow("ENOENT");
  });

  test("-json is Terraform's lines", async () => {
    world.write("main.tf", DATA);
    const { out } = await world.kiln("apply", "-json", "-auto-approve");
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({
      type: "version",
      terraform: "1.11.4",
      ui: "1.2",
      "@module": "terraform.ui",
    });
    expect(lines).toContainEqual(
      expect.objectContaining({
        type: "planned_change",
        change: {
          action: "create",
          resource: {
            addr: "terraform_data.one",
            module: "",
            resource: "terraform_data.one",
            implied_provider: "terraform",
            resource_type: "terraform_data",
            resource_name: "one",
            resource_key: null,
          },
        },
      }),
    );
    const types = lines.map((line) => line["type"]).filter((type) => !String(type).startsWith("kiln_"));
    expect(types).toEqual([
      "version",
      "planned_change",
      "change_summary",
      "outputs",
      "apply_start",
      "apply_complete",
      "change_summary",
      "outputs",
    ]);
    const broken = await world.kiln("plan", "-json", "-var", "nope=1");
    expect(broken.out).toContain('"type":"diagnostic"');
    expect([broken.code, broken.err]).toEqual([1, ""]);
  }, 30_000);

  test("rollback N goes back to a generation's own configuration and variables", async () => {
    world.write("main.tf", DATA);
    await world.kiln("apply", "-auto-approve", "-var", "text=first");
    world.write(
      "main.tf",
      DATA.replace('terraform_data" "one', 'terraform_data" "two').replace(
        "terraform_data.one",
        "terraform_data.two",
      ),
    );
    await world.kiln("apply", "-auto-approve");
    expect((await world.kiln("state", "list")).out).toBe("terraform_data.two\n");
    const back = await world.kiln("rollback", "1", "-auto-approve");
    expect([back.code, back.err]).toEqual([0, ""]);
    expect((await world.kiln("state", "list")).out).toBe("terraform_data.one\n");
    expect((await world.kiln("output", "-raw", "one")).out).toBe("first");
    expect((await world.kiln("rollback", "9")).err).toContain("Generation not found");
  }, 60_000);

  test("a state that somebody else has locked says who", async () => {
    world.write(
      "main.tf",
      `${DATA}resource "local_file" "slow" {\n  filename = "fifo"\n  source   = "pipe"\n}\n`,
    );
    const { execFileSync } = await import("node:child_process");
    execFileSync("mkfifo", [path.join(world.directory, "pipe")]);
    // Reading a pipe without a writer holds the apply, and so the lock.
    const holder = world.start("apply", "-auto-approve");
    await expect
      .poll(() => {
        try {
          return readFileSync(path.join(world.directory, ".kiln", "lock.json"), "utf8");
        } catch {
          return "";
        }
      })
      .toContain("kiln apply -auto-approve");
    const second = await world.kiln("apply", "-auto-approve");
    expect([second.code, second.err]).toEqual([1, expect.stringContaining("kiln apply -auto-approve")]);
    expect(second.err).toContain(String(holder.pid));
    execFileSync("sh", ["-c", "echo done > pipe"], { cwd: world.directory });
    expect((await holder.ended).code).toBe(0);
    expect((await world.kiln("apply", "-auto-approve")).code).toBe(0);
  }, 60_000);

  test("changing a file's permission destroys it and creates it anew", async () => {
    const main = (mode: string) =>
      `resource "local_file" "a" {\n  filename        = "a.txt"\n  content         = "x"\n  file_permission = "${mode}"\n}\n`;
    world.write("main.tf", main("0777"));
    expect((await world.kiln("apply", "-auto-approve")).code).toBe(0);
    world.write("main.tf", main("0700"));
    const { out } = await world.kiln("apply", "-auto-approve");
    expect(out).toContain('-/+ resource "local_file" "a" {');
    expect(out).toContain('~ file_permission      = "0777" -> "0700" # forces replacement');
    expect(out.indexOf("Destruction complete")).toBeLessThan(out.indexOf("Creation complete"));
    expect((await stat(path.join(world.directory, "a.txt"))).mode & 0o777).toBe(0o700);
    rmSync(path.join(world.directory, "a.txt"));
    expect((await world.kiln("drift", "-detailed-exitcode")).code).toBe(2);
    expect((await world.kiln("plan")).out).toContain("# local_file.a will be created");
  }, 60_000);
});
