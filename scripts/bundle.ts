// Makes dist/: what ships. One entry for each process, and a chunk of its own for each lazily loaded command,
// so that a command loads no more than it needs.
import { rm } from "node:fs/promises";
import path from "node:path";
import { rolldown } from "rolldown";

const root = path.join(import.meta.dirname, "..");
const output = path.join(root, "dist");

await rm(output, { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  input: {
    kilnd: "src/daemon/main.ts",
    "kiln-proxy": "src/dataplane/main.ts",
    // Last and on its own name: the launcher compares the age of this file with the source.
    kiln: "src/cli/main.ts",
  },
  platform: "node",
  treeshake: { moduleSideEffects: false },
});
await bundle.write({
  dir: output,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "chunks/[name]-[hash].js",
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
