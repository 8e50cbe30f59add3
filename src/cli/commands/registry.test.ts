import { describe, expect, test } from "vitest";
import { findCommand } from "../find-command.ts";
import { commandHelp } from "../flags/help.ts";
import { parseArguments } from "../flags/parse.ts";
import { overview } from "../overview.ts";
import { plain } from "../views/style.ts";
import { COMMANDS } from "./registry.ts";

describe.each(COMMANDS)("kiln $name", (entry) => {
  test("is what the list says, and explains itself", async () => {
    const { command } = await entry.load();
    expect(command.specification.name).toBe(entry.name);
    expect(command.specification.summary).toBe(entry.summary);
    expect(overview(plain)).toContain(`  ${entry.name.padEnd(12)}  ${entry.summary}\n`);
    const help = commandHelp(command.specification, 78);
    expect(help).toMatch(new RegExp(`^Usage: kiln ${entry.name}`));
    expect(help.split("\n").filter((line) => line.length > 78)).toEqual([]);
    expect(parseArguments(command.specification, ["--help"]).kind).toBe("help");
  });

  test("has flags that can be read, and shows every one that is not hidden", async () => {
    const { specification } = (await entry.load()).command;
    const help = commandHelp(specification, 78);
    for (const [name, flag] of Object.entries(specification.flags)) {
      if (flag.hidden !== true) expect(help).toContain(`  -${name}`);
      if (flag.hidden !== true) expect(flag.help).toMatch(/\.$/);
      if (flag.kind !== "boolean" && flag.hidden !== true) expect(flag.placeholder).toBeDefined();
    }
  });

  test("has examples that its own parser takes", async () => {
    const { specification } = (await entry.load()).command;
    for (const example of specification.examples ?? []) {
      const found = findCommand(example.split(" "));
      expect(found.kind === "found" && found.entry.name).toBe(entry.name);
      const rest = found.kind === "found" ? found.rest : [];
      expect(parseArguments(specification, rest).kind).toBe("parsed");
    }
  });
});

test("groups, words and mistakes are told apart", () => {
  expect(findCommand(["state"])).toEqual({ kind: "group", name: "state" });
  expect(findCommand(["state", "list", "a"])).toMatchObject({ kind: "found", rest: ["a"] });
  expect(findCommand(["plan", "list"])).toMatchObject({ kind: "found", rest: ["list"] });
  expect(findCommand(["frob"])).toEqual({ kind: "unknown" });
});
