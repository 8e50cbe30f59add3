import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { impliedType } from "../../engine/index.ts";
import type { CallContext, Provider } from "../../engine/index.ts";
import { parseId, seededRandom } from "../../kernel/index.ts";
import { isNull, isUnknown, nullValue, objectValue, tupleValue, typeOf } from "../../lang/index.ts";
import type { Value } from "../../lang/index.ts";
import { attribute, attributesOf } from "../resource-provider.ts";
import { localProvider, terraformProvider } from "./index.ts";

const context: CallContext = { signal: new AbortController().signal, events: () => {} };
const operation = parseId<"operation">("op");

/** Drives a provider as the engine does: proposes, plans, applies. */
async function driver(provider: Provider, type: string) {
  const { resources } = await provider.schema();
  const schema = resources[type]!;
  const names = Object.keys(schema.block.attributes);
  const none = nullValue(impliedType(schema.block));
  const configOf = (given: Record<string, Value>): Value =>
    objectValue(
      Object.fromEntries(
        names.map((name) => [name, given[name] ?? nullValue(schema.block.attributes[name]!.type)]),
      ),
    );
  const plan = async (prior: Value, given: Record<string, Value> | undefined) => {
    const config = given === undefined ? none : configOf(given);
    const before = isNull(prior) ? {} : attributesOf(prior);
    const proposed =
      given === undefined
        ? none
        : configOf(
            Object.fromEntries(
              names.map((name) => {
                const computed = schema.block.attributes[name]!.use.includes("computed");
                return [
                  name,
                  given[name] ??
                    (computed ? before[name] : undefined) ??
                    nullValue(schema.block.attributes[name]!.type),
                ];
              }),
            ),
          );
    const answer = await provider.plan(
      { type, address: `${type}.a`, prior, proposed, config, private: "" },
      context,
    );
    return {
      ...answer,
      config,
      replaced: answer.requiresReplace.map((steps) =>
        steps.map((step) => (step.kind === "attribute" ? step.name : "?")).join("."),
      ),
    };
  };
  const apply = async (prior: Value, given: Record<string, Value> | undefined) => {
    const { planned, config } = await plan(prior, given);
    return await provider.apply(
      { type, address: `${type}.a`, operation, prior, planned, config, private: "" },
      context,
    );
  };
  const validate = async (given: Record<string, Value>) =>
    (await provider.validateResource({ type, config: configOf(given) }, context)).diagnostics;
  const read = (current: Value) =>
    provider.read({ type, address: `${type}.a`, current, private: "" }, context);
  return { none, plan, apply, validate, read };
}

describe("terraform_data", () => {
  const data = () => driver(terraformProvider(seededRandom(1)), "terraform_data");

  test("its output follows its input, and the id stays", async () => {
    const { none, plan, apply } = await data();
    const { planned } = await plan(none, { input: "a" });
    expect(isUnknown(attribute(planned, "id"))).toBe(true);
    expect(isUnknown(attribute(planned, "output"))).toBe(true);
    expect(typeOf(attribute(planned, "output"))).toBe(typeOf("text"));
    const { state } = await apply(none, { input: "a" });
    expect(attribute(state, "output")).toBe("a");
    expect(attribute(state, "id")).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

    const same = await plan(state, { input: "a" });
    expect([same.planned, same.replaced]).toEqual([state, []]);
    const changed = await apply(state, { input: tupleValue([1]) });
    expect(attribute(changed.state, "id")).toBe(attribute(state, "id"));
    expect(attribute(changed.state, "output")).toEqual(tupleValue([1]));
  });

  test("without an input the output is null, and known", async () => {
    const { none, plan } = await data();
    expect(isNull(attribute((await plan(none, {})).planned, "output"))).toBe(true);
  });

  test.each<[string, Value | undefined, Value | undefined]>([
    ["a value to another", "on", "off"],
    ["null to a value", undefined, "on"],
    ["a value to null", "on", undefined],
    ["a number to its text", 1, "1"],
  ])("triggers_replace from %s replaces it", async (_, from, to) => {
    const { none, plan, apply } = await data();
    const given = (value: Value | undefined) =>
      value === undefined ? { input: "a" } : { input: "a", triggers_replace: value };
    const { state } = await apply(none, given(from));
    const { planned, replaced } = await plan(state, given(to));
    expect(replaced).toEqual(["triggers_replace"]);
    expect(isUnknown(attribute(planned, "id"))).toBe(true);
  });

  test("destroying leaves nothing", async () => {
    const { none, apply } = await data();
    const { state } = await apply(none, { input: "a" });
    expect(isNull((await apply(state, undefined)).state)).toBe(true);
  });
});

describe("local_file", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "kiln-local-"));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });
  const files = () => driver(localProvider(directory), "local_file");

  test("writes the content, and knows its digests", async () => {
    const { none, apply } = await files();
    const { state, diagnostics } = await apply(none, { filename: "deep/er/a.txt", content: "hello\n" });
    expect(diagnostics).toEqual([]);
    expect(await readFile(path.join(directory, "deep/er/a.txt"), "utf8")).toBe("hello\n");
    expect(attributesOf(state)).toMatchObject({
      id: "f572d396fae9206628714fb2ce00f72e94f2258f",
      content_md5: "b1946ac92492d2347c6235b4d2611184",
      content_sha1: "f572d396fae9206628714fb2ce00f72e94f2258f",
      content_sha256: "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
      content_base64sha256: "WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=",
      file_permission: "0777",
      directory_permission: "0777",
    });
  });

  test("file_permission from 0777 to 0700 forces a replacement", async () => {
    const { none, plan, apply } = await files();
    const { state } = await apply(none, { filename: "a", content: "x" });
    const { replaced, planned } = await plan(state, { filename: "a", content: "x", file_permission: "0700" });
    expect(replaced).toEqual(["file_permission"]);
    expect(isUnknown(attribute(planned, "id"))).toBe(true);
    await apply(state, undefined);
    await expect(stat(path.join(directory, "a"))).rejects.toThrow("ENOENT");
    await apply(none, { filename: "a", content: "x", file_permission: "0700" });
    expect((await stat(path.join(directory, "a"))).mode & 0o777).toBe(0o700);
  });

  test.each<[string, Record<string, Value>]>([
    ["content", { filename: "a", content: "y" }],
    ["filename", { filename: "b", content: "x" }],
    ["directory_permission", { filename: "a", content: "x", directory_permission: "0755" }],
  ])("changing %s forces a replacement", async (name, given) => {
    const { none, plan, apply } = await files();
    const { state } = await apply(none, { filename: "a", content: "x" });
    expect((await plan(state, given)).replaced).toEqual([name]);
    expect((await plan(state, { filename: "a", content: "x" })).replaced).toEqual([]);
  });

  test("a permission that is taken away is the default again", async () => {
    const { none, plan, apply } = await files();
    const { state } = await apply(none, { filename: "a", content: "x", file_permission: "0600" });
    expect((await plan(state, { filename: "a", content: "x" })).replaced).toEqual(["file_permission"]);
  });

  test("a file that is gone or was changed is not there any more", async () => {
    const { none, apply, read } = await files();
    const { state } = await apply(none, { filename: "a", content: "x" });
    expect((await read(state)).state).toBe(state);
    await writeFile(path.join(directory, "a"), "tampered");
    expect(isNull((await read(state)).state)).toBe(true);
    await rm(path.join(directory, "a"));
    expect(isNull((await read(state)).state)).toBe(true);
  });

  test("content comes as base64, as a secret or from a file", async () => {
    const { none, apply } = await files();
    await apply(none, { filename: "a", content_base64: "aGk=" });
    await apply(none, { filename: "b", sensitive_content: "hi" });
    await apply(none, { filename: "c", source: "a" });
    for (const name of ["a", "b", "c"]) {
      expect(await readFile(path.join(directory, name), "utf8")).toBe("hi");
    }
  });

  test("what cannot be written is said, and nothing is recorded", async () => {
    const { none, apply } = await files();
    await writeFile(path.join(directory, "file"), "");
    const { state, diagnostics } = await apply(none, { filename: "file/a", content: "x" });
    expect(isNull(state)).toBe(true);
    expect(diagnostics[0]).toMatchObject({ severity: "error", summary: "File Operation Failed" });
    expect(diagnostics[0]?.detail).toContain("a file is in its place");
    const missing = await apply(none, { filename: "a", source: "missing" });
    expect(missing.diagnostics[0]?.detail).toContain("there is no such file");
  });

  test("destroying a file that is gone already is no error", async () => {
    const { none, apply } = await files();
    const { state } = await apply(none, { filename: "a", content: "x" });
    await rm(path.join(directory, "a"));
    expect((await apply(state, undefined)).diagnostics).toEqual([]);
  });

  test.each<[Record<string, Value>, string | undefined]>([
    [{ filename: "a", content: "x" }, undefined],
    [{ filename: "a" }, "Invalid Attribute Combination"],
    [{ filename: "a", content: "x", source: "y" }, "Invalid Attribute Combination"],
    [{ filename: "a", content: "x", file_permission: "rwx" }, "Invalid File Permission"],
    [{ filename: "a", content: "x", file_permission: "0888" }, "Invalid File Permission"],
    [{ filename: "a", content_base64: "!" }, "Invalid Base64"],
  ])("%j is judged", async (given, summary) => {
    const { validate } = await files();
    expect((await validate(given))[0]?.summary).toBe(summary);
  });

  test("an existing file of another owner's mode is replaced whole", async () => {
    const { none, apply } = await files();
    const file = path.join(directory, "a");
    await writeFile(file, "before, and longer");
    await chmod(file, 0o600);
    await apply(none, { filename: "a", content: "x", file_permission: "0640" });
    expect(await readFile(file, "utf8")).toBe("x");
  });
});
