import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DiagnosticError, parseId, systemClock } from "../../kernel/index.ts";
import type { ImageDigest } from "../../kernel/index.ts";
import { IMAGE_TIME } from "../entries.ts";
import { shell, Workshop } from "../testing/workshop.ts";
import { tryLock } from "./lock.ts";
import { ImageStore } from "./store.ts";

let shop: Workshop;
beforeEach(() => {
  shop = new Workshop();
  shop.write("source", { "server.js": "1\n", "sub/a": "a\n" });
});
afterEach(() => shop.remove());

const fire = async (): Promise<ImageDigest> =>
  (await shop.fire(shop.specification(shop.copy("source")))).digest;
const afresh = (): ImageStore => new ImageStore(shop.at("store"), systemClock);
const layerOf = (digest: ImageDigest): string =>
  shop.store.disk.blob(shop.store.config(digest).diffIds[0] ?? "");

describe("a checkout", () => {
  test("has the image's files, modes and times, none of them hard links", async () => {
    const digest = await fire();
    await shop.store.checkout(digest, shop.at("out"));
    shell('diff -r "$1" "$2"', shop.at("source"), shop.at("out", "app"));
    const status = lstatSync(shop.at("out", "app/server.js"));
    expect([status.nlink, status.mode & 0o7777, status.mtimeMs]).toEqual([1, 0o644, IMAGE_TIME * 1000]);
    expect(lstatSync(shop.at("out", "app")).mode & 0o7777).toBe(0o755);
    writeFileSync(shop.at("out", "app/server.js"), "tampered");
    await shop.store.checkout(digest, shop.at("second"));
    expect(readFileSync(shop.at("second", "app/server.js"), "utf8")).toBe("1\n");
  });

  test("lays layers over each other, with removals and changes of type", async () => {
    const specification = shop.specification(
      shop.copy("source"),
      {
        kind: "run",
        command: "rm -r sub; echo x > sub; rm server.js; mkdir server.js; echo y > server.js/z",
      },
      { kind: "run", command: "rm sub" },
    );
    const { digest } = await shop.fire(specification);
    await afresh().checkout(digest, shop.at("out"));
    expect(readdirSync(shop.at("out", "app"), { recursive: true, encoding: "utf8" }).toSorted()).toEqual([
      "server.js",
      "server.js/z",
    ]);
    expect([...(await afresh().files(digest)).keys()]).toEqual([
      "/app",
      "/app/server.js",
      "/app/server.js/z",
    ]);
  });

  test("writes through no link, wherever it points", async () => {
    mkdirSync(shop.at("links"));
    symlinkSync(shop.at("victim"), shop.at("links", "dir"));
    mkdirSync(shop.at("victim"));
    const { digest } = await shop.fire(
      shop.specification(shop.copy("links", "/"), shop.copy("source", "/dir")),
    );
    await shop.store.checkout(digest, shop.at("out"));
    expect(readdirSync(shop.at("victim"))).toEqual([]);
    expect(lstatSync(shop.at("out", "dir")).isSymbolicLink()).toBe(true);
  });

  test("of a damaged layer names it, and leaves nothing", async () => {
    const digest = await fire();
    const blob = layerOf(digest);
    const bytes = readFileSync(blob);
    bytes[bytes.indexOf("1\n")] = 0x32;
    writeFileSync(blob, bytes);
    await expect(shop.store.checkout(digest, shop.at("out"))).rejects.toThrow(blob);
    expect(existsSync(shop.at("out"))).toBe(false);
    expect(existsSync(shop.at("out.unpacking"))).toBe(false);
  });

  test.each<[string, (blob: string) => void]>([
    ["is missing", (blob) => rmSync(blob)],
    ["is cut off", (blob) => truncateSync(blob, 700)],
    ["has something appended", (blob) => appendFileSync(blob, "x")],
    ["is garbage", (blob) => writeFileSync(blob, Buffer.alloc(2048, 0x41))],
  ])("of a layer that %s rejects with a diagnostic", async (_name, damage) => {
    const digest = await fire();
    damage(layerOf(digest));
    await expect(afresh().checkout(digest, shop.at("out"))).rejects.toThrow(DiagnosticError);
    expect(existsSync(shop.at("out"))).toBe(false);
  });

  test("of an image that is not there says so", async () => {
    await fire();
    const unknown = parseId<"image">(`sha256:${"0".repeat(64)}`);
    await expect(shop.store.checkout(unknown, shop.at("out"))).rejects.toThrow("Image is not in the store");
    expect(shop.store.has(unknown)).toBe(false);
  });
});

describe("the store", () => {
  test("is an OCI image layout with one manifest an image, named for other tools", async () => {
    const first = await fire();
    writeFileSync(shop.at("source", "server.js"), "2\n");
    const second = await fire();
    expect(JSON.parse(readFileSync(shop.at("store", "oci-layout"), "utf8"))).toEqual({
      imageLayoutVersion: "1.0.0",
    });
    const index = JSON.parse(readFileSync(shop.at("store", "index.json"), "utf8"));
    expect(index.manifests).toHaveLength(2);
    expect(
      index.manifests.map(
        (one: Record<string, Record<string, string>>) =>
          one["annotations"]?.["org.opencontainers.image.ref.name"],
      ),
    ).toEqual([undefined, "web"]);
    const manifest = JSON.parse(readFileSync(shop.store.disk.blob(index.manifests[1].digest), "utf8"));
    expect(manifest.config).toMatchObject({
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: second,
    });
    const config = JSON.parse(readFileSync(shop.store.disk.blob(second), "utf8"));
    expect(manifest.layers.map((layer: { digest: string }) => layer.digest)).toEqual(config.rootfs.diff_ids);
    for (const name of readdirSync(shop.at("store", "blobs/sha256"))) {
      const sum = shell('sha256sum "$1"', shop.at("store", "blobs/sha256", name));
      expect(sum.split(" ")[0]).toBe(name);
    }
    expect(shop.store.list().map((image) => image.digest)).toEqual([first, second]);
  });

  test("damaged in a document names the blob", async () => {
    const digest = await fire();
    writeFileSync(shop.store.disk.blob(digest), "{}");
    expect(() => shop.store.config(digest)).toThrow(digest);
  });

  test("that lost or damaged its caches still knows every file", async () => {
    const digest = await fire();
    const files = await shop.store.files(digest);
    for (const name of readdirSync(shop.at("store", "cache/layers"))) {
      writeFileSync(shop.at("store", "cache/layers", name), "sha256:0\n[]");
    }
    expect(await afresh().files(digest)).toEqual(files);
    rmSync(shop.at("store", "cache"), { recursive: true });
    expect(await afresh().files(digest)).toEqual(files);
    expect(await fire()).toBe(digest);
  });

  test("prunes what nobody keeps, and keeps layers that are shared", async () => {
    const shared = shop.copy("source");
    shop.write("more", { extra: "x\n" });
    const one = await shop.fire(shop.specification(shared));
    const two = await shop.fire(shop.specification(shared, shop.copy("more")));
    const { removed, freed } = await shop.store.prune(new Set([one.digest]));
    expect(removed).toEqual([two.digest]);
    expect(freed).toBeGreaterThan(0);
    await afresh().checkout(one.digest, shop.at("out"));
    expect(shop.store.has(two.digest)).toBe(false);
    await shop.store.remove(one.digest);
    expect(readdirSync(shop.at("store", "blobs/sha256"))).toEqual([]);
    expect((await shop.fire(shop.specification(shared, shop.copy("more")))).digest).toBe(two.digest);
  });

  test("forgets a run step whose layer was pruned, and says that its digest is unknown", async () => {
    const specification = shop.specification({ kind: "run", command: "date +%N > now" });
    const { digest } = await shop.fire(specification);
    await shop.store.remove(digest);
    expect((await shop.plan(specification)).kind).toBe("unknown");
    await shop.fire(specification);
  });

  test("removes nothing while somebody uses it", async () => {
    const digest = await fire();
    const lock = tryLock(shop.store.disk.useLock, "shared");
    const removing = shop.store.remove(digest);
    await systemClock.sleep(100);
    expect(shop.store.has(digest)).toBe(true);
    lock?.release();
    await removing;
    expect(shop.store.has(digest)).toBe(false);
  });

  test("notices a source's file that changed without its size and modification time", async () => {
    const before = await fire();
    await systemClock.sleep(50);
    await fire();
    const file = shop.at("source", "server.js");
    const { atime, mtime } = lstatSync(file);
    writeFileSync(shop.at("source", "next"), "9\n");
    renameSync(shop.at("source", "next"), file);
    shell('touch -d "$1" "$2"', mtime.toISOString(), file);
    expect(atime).toBeDefined();
    expect(await fire()).not.toBe(before);
  });
});

describe("locks", () => {
  test("are shared by many or held by one", () => {
    mkdirSync(shop.at("locks"));
    const file = shop.at("locks", "one");
    const first = tryLock(file, "shared");
    const second = tryLock(file, "shared");
    expect(tryLock(file, "exclusive")).toBeUndefined();
    first?.release();
    second?.release();
    const alone = tryLock(file, "exclusive");
    expect(alone).toBeDefined();
    expect(tryLock(file, "shared")).toBeUndefined();
    alone?.release();
  });
});
