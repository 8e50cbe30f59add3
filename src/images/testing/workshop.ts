import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../kernel/index.ts";
import type { ImageEvent } from "../../kernel/index.ts";
import { buildImage } from "../build/build.ts";
import { planImage } from "../build/plan.ts";
import type { BuildResult, ImageSpecification, ImageStep } from "../specification.ts";
import { ImageStore } from "../store/store.ts";

/** Runs a shell's script with arguments `$1` and so on, and gives its output. Throws where it fails. */
export function shell(script: string, ...parameters: readonly string[]): string {
  return execFileSync("/bin/sh", ["-c", script, "sh", ...parameters], { encoding: "utf8", stdio: "pipe" });
}

/** A store and a source in a directory that goes away. */
export class Workshop {
  readonly directory = mkdtempSync(path.join(os.tmpdir(), "kiln-images-"));
  readonly events: ImageEvent[] = [];
  store = new ImageStore(this.at("store"), systemClock);

  at(...parts: readonly string[]): string {
    return path.join(this.directory, ...parts);
  }

  /** Writes files into a directory of the workshop. */
  write(directory: string, files: Readonly<Record<string, string>>): string {
    for (const [name, text] of Object.entries(files)) {
      const file = this.at(directory, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return this.at(directory);
  }

  copy(source: string, target = "/app"): ImageStep {
    return { kind: "copy", source: this.at(source), target };
  }

  specification(...steps: readonly ImageStep[]): ImageSpecification {
    const platform = { os: "linux", architecture: "amd64" };
    const none = { entrypoint: [], command: [], env: {}, workdir: "/app", labels: {} };
    return { name: "web", base: "scratch", steps, ...none, platform };
  }

  plan(specification: ImageSpecification) {
    return planImage(specification, this.store, { clock: systemClock });
  }

  build(specification: ImageSpecification, signal?: AbortSignal): Promise<BuildResult> {
    return buildImage(specification, this.store, {
      clock: systemClock,
      environment: process.env,
      events: (event) => this.events.push(event),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Builds what must succeed. */
  async fire(specification: ImageSpecification) {
    const result = await this.build(specification);
    if (result.kind === "failed") throw new Error(JSON.stringify(result.diagnostics));
    return result;
  }

  /** Details of what must fail. */
  async failure(specification: ImageSpecification, signal?: AbortSignal): Promise<string> {
    const result = await this.build(specification, signal);
    if (result.kind === "fired") throw new Error("the build succeeded");
    return result.diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`).join("\n");
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
