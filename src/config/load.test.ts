import { describe, expect, test } from "vitest";
import type { ConfigurationFiles } from "./configuration.ts";
import { loadConfiguration } from "./load.ts";

function inMemory(files: Readonly<Record<string, string>>): ConfigurationFiles {
  return {
    list: async (directory) => {
      const prefix = directory === "." ? "" : `${directory}/`;
      const names = Object.keys(files)
        .filter((file) => file.startsWith(prefix) && !file.slice(prefix.length).includes("/"))
        .map((file) => file.slice(prefix.length));
      return directory !== "." && names.length === 0 ? undefined : names;
    },
    read: async (file) => files[file] ?? "",
  };
}

async function load(files: Readonly<Record<string, string>> | string) {
  return await loadConfiguration(inMemory(typeof files === "string" ? { "main.tf": files } : files));
}

async function mistakes(files: Readonly<Record<string, string>> | string) {
  return (await load(files)).diagnostics.map(
    ({ summary, subject }) => `${subject?.filename ?? "-"}:${subject?.start.line ?? "-"} ${summary}`,
  );
}

describe("a configuration", () => {
  test("is all .tf files of the root and of the modules it calls", async () => {
    const { value, diagnostics } = await load({
      "main.tf":
        'module "kit" {\n source = "./modules/kit/"\n size = 1\n}\noutput "o" { value = module.kit.out }',
      "more.tf": 'variable "v" {\n type = object({ a = optional(number, 3) })\n default = {}\n}',
      "notes.txt": "not a configuration {",
      ".hidden.tf": "{",
      "draft.tf~": "{",
      "#saved.tf#": "{",
      "modules/kit/main.tf":
        'variable "size" {}\nmodule "deep" {\n source = "../deep"\n}\noutput "out" { value = var.size }',
      "modules/deep/main.tf": 'resource "x_y" "z" {\n count = 2\n}',
    });
    expect(diagnostics).toEqual([]);
    const kit = value.root.children.get("kit");
    expect(kit?.directory).toBe("modules/kit");
    expect(kit?.children.get("deep")?.resources.get("x_y.z")?.repetition.kind).toBe("count");
    expect([...value.sources.keys()]).toEqual([
      "main.tf",
      "modules/deep/main.tf",
      "modules/kit/main.tf",
      "more.tf",
    ]);
  });

  test("has one digest for equal files, another for others", async () => {
    const digest = async (text: string) => (await load(text)).value.digest;
    expect(await digest("locals { a = 1 }")).toBe(await digest("locals { a = 1 }"));
    expect(await digest("locals { a = 1 }")).not.toBe(await digest("locals { a = 2 }"));
  });

  test("needs files", async () => {
    expect(await mistakes({})).toEqual(["-:- No configuration files"]);
  });
});

describe("mistakes have Terraform's summaries and places", () => {
  test.each([
    ['variable "a" {}\nvariable "a" {}', ["main.tf:2 Duplicate variable declaration"]],
    ["locals { a = 1 }\nlocals { a = 2 }", ["main.tf:2 Duplicate local value definition"]],
    ['output "a" { value = 1 }\noutput "a" { value = 2 }', ["main.tf:2 Duplicate output definition"]],
    ['resource "a_b" "c" {}\nresource "a_b" "c" {}', ['main.tf:2 Duplicate resource "a_b" configuration']],
    ['variable "count" {}', ["main.tf:1 Invalid variable name"]],
    ['variable "9" {}', ["main.tf:1 Invalid variable name"]],
    ['output "a" {}', ["main.tf:1 Missing required argument"]],
    ['nonsense "a" {}', ["main.tf:1 Unsupported block type"]],
    ['variable "a" {\n tpye = string\n}', ["main.tf:2 Unsupported argument"]],
    ['variable "a" {\n type = number\n default = "x"\n}', ["main.tf:3 Invalid default value for variable"]],
    [
      'variable "a" {\n nullable = false\n default = null\n}',
      ["main.tf:3 Invalid default value for variable"],
    ],
    ['variable "a" {\n default = var.b\n}', ["main.tf:2 Variables not allowed"]],
    ["locals {\n a = var.nope\n}", ["main.tf:2 Reference to undeclared input variable"]],
    ["locals {\n a = local.nope\n}", ["main.tf:2 Reference to undeclared local value"]],
    ["locals {\n a = a_b.c.d\n}", ["main.tf:2 Reference to undeclared resource"]],
    ["locals {\n a = module.m\n}", ["main.tf:2 Reference to undeclared module"]],
    ["locals {\n a = nope\n}", ["main.tf:2 Invalid reference"]],
    ["locals {\n a = try(var.nope, 1)\n}", ["main.tf:2 Reference to undeclared input variable"]],
    ["locals {\n a = each.key\n}", ['main.tf:2 Reference to "each" in context without for_each']],
    ["locals {\n a = count.index\n}", ['main.tf:2 Reference to "count" in non-counted context']],
    ["locals {\n a = path.nope\n}", ['main.tf:2 Invalid "path" attribute']],
    ["locals {\n a = self.id\n}", ['main.tf:2 Invalid "self" reference']],
    [
      'resource "a_b" "c" {\n count = 1\n for_each = {}\n}',
      ['main.tf:3 Invalid combination of "count" and "for_each"'],
    ],
    ['resource "a_b" "c" {\n depends_on = [var.x]\n}', ["main.tf:2 Invalid depends_on reference"]],
    ['resource "a_b" "c" {\n lifecycle {}\n lifecycle {}\n}', ["main.tf:3 Duplicate lifecycle block"]],
    [
      'resource "a_b" "c" {\n lifecycle {\n prevent_destroy = "maybe"\n }\n}',
      ["main.tf:3 Unsuitable value type"],
    ],
    ['terraform {\n required_version = "< 1.0"\n}', ["main.tf:2 Unsupported Terraform Core version"]],
    ['terraform {\n required_version = "soon"\n}', ["main.tf:2 Invalid version constraint"]],
    ['module "m" {\n source = "./gone"\n}', ["main.tf:2 Unreadable module directory"]],
    ['module "m" {\n source = "hashicorp/x/y"\n}', ["main.tf:2 Remote modules are not supported yet"]],
    [
      'variable "a" {\n validation {\n condition = true\n error_message = "x"\n }\n}',
      ["main.tf:3 Invalid validation expression", "main.tf:3 Invalid variable validation condition"],
    ],
  ])("%s", async (text, expected) => {
    expect(await mistakes(text)).toEqual(expected);
  });

  test("of a call: unknown and missing arguments, with the name that was meant", async () => {
    const files = {
      "main.tf": 'module "m" {\n source = "./m"\n sise = 1\n}',
      "m/main.tf": 'variable "size" {}',
    };
    expect(await mistakes(files)).toEqual([
      "main.tf:3 Unsupported argument",
      "main.tf:1 Missing required argument",
    ]);
    expect((await load(files)).diagnostics[0]?.detail).toContain('Did you mean "size"?');
  });

  test("a module that calls itself is found", async () => {
    const files = {
      "main.tf": 'module "m" {\n source = "./m"\n}',
      "m/main.tf": 'module "m" {\n source = "../m"\n}',
    };
    expect((await mistakes(files)).join()).toContain("nested too deep");
  });

  test("a broken file does not make every use of it a mistake", async () => {
    expect(await mistakes({ "a.tf": "locals {\n a = local.b\n}", "b.tf": "locals {\n b = \n}" })).toEqual([
      "b.tf:2 Invalid expression",
    ]);
  });
});

test.each([
  ["moved {\n from = a_b.c\n to = a_b.d\n}"],
  ["removed {\n from = a_b.c\n}"],
  ['import {\n to = a_b.c\n id = "x"\n}'],
  ['check "c" {}'],
  ['ephemeral "a_b" "c" {}'],
  ['resource "a_b" "c" {\n provisioner "local-exec" {}\n}'],
  ['terraform {\n backend "s3" {}\n}'],
  ["terraform {\n cloud {}\n}"],
])("what a later version will read is refused, never ignored: %s", async (text) => {
  const { diagnostics } = await load(text);
  expect(diagnostics.map(({ severity, summary }) => `${severity} ${summary}`).join()).toMatch(
    /^error .*not supported yet$/,
  );
  expect(diagnostics[0]?.remedy).toBeDefined();
});

test.each(["main.tf.json", "override.tf", "x_override.tf"])("%s is refused", async (name) => {
  expect((await mistakes({ "main.tf": "", [name]: "{}" })).join()).toContain("not supported yet");
});

describe("provider configurations that a module asks for", () => {
  const child = (place: string) => ({
    "main.tf": `module "kit" {\n  source = "./kit"\n${place}}\nprovider "x" {\n  alias = "b"\n}\n`,
    "kit/main.tf":
      'terraform {\n  required_providers {\n    x = {\n      source = "a/x"\n      configuration_aliases = [x.other]\n    }\n  }\n}\n',
  });
  test("must be passed by whoever calls it", async () => {
    expect(await mistakes(child(""))).toEqual(["main.tf:1 Missing required provider configuration"]);
    expect(await mistakes(child("  providers = {\n    x.other = x.b\n  }\n"))).toEqual([]);
  });
});
