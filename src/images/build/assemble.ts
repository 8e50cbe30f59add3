import path from "node:path";
import { digestOf, errorDiagnostic } from "../../kernel/index.ts";
import type { Clock, Diagnostic } from "../../kernel/index.ts";
import type { HistoryEntry, ImageConfig, ImageDocuments } from "../config.ts";
import { mergeConfig, writeDocuments } from "../config.ts";
import { placeCopy } from "../copy/place.ts";
import type { Source } from "../copy/scan.ts";
import { scanSource } from "../copy/scan.ts";
import type { Layer, LayerEntry } from "../entries.ts";
import { Pacer } from "../pacer.ts";
import type { BytePath } from "../paths.ts";
import { displayPath } from "../paths.ts";
import { FileChangedError } from "../read-file.ts";
import { changedFile } from "../refusals.ts";
import { isImageName } from "../reference.ts";
import type { CopyStep, ImageSpecification, Platform, RunStep } from "../specification.ts";
import type { ImageStore, OpenedImage } from "../store/store.ts";
import type { Tree } from "../tree.ts";
import { applyLayer } from "../tree.ts";
import { BUILD_SEMANTICS } from "./key.ts";

const COPY_ATTEMPTS = 3;

/** What an image is so far. */
export interface Unfinished {
  readonly layers: readonly Layer[];
  readonly tree: Tree;
  readonly history: readonly HistoryEntry[];
}

/** A run step with everything that it sees, and that so decides what it may do. */
export interface PreparedRun {
  readonly command: string;
  /** Absolute path in the image. */
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly key: string;
}

/** What a step made of the tree. */
export type StepOutcome =
  | { readonly kind: "layer"; readonly layer: Layer; readonly entries: readonly LayerEntry[] }
  /** It changed nothing. */
  | { readonly kind: "nothing" }
  /** It has not been run, and nobody can tell. */
  | { readonly kind: "unknown" }
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] };

/** Where a plan and a build differ: whether a layer is only hashed, and whether a command is run. */
export interface Maker {
  copy(
    step: CopyStep,
    entries: readonly LayerEntry[],
    contents: ReadonlyMap<BytePath, BytePath>,
    pacer: Pacer,
  ): Promise<Layer>;
  run(run: PreparedRun, unfinished: Unfinished, pacer: Pacer): Promise<StepOutcome>;
}

export type Assembled =
  | { readonly kind: "whole"; readonly documents: ImageDocuments; readonly inputs: string }
  | { readonly kind: "unknown"; readonly inputs: string }
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] };

export interface AssembleOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** Goes through an image's steps. A step whose outcome is unknown hides all later ones, but not their mistakes. */
export async function assemble(
  specification: ImageSpecification,
  store: ImageStore,
  maker: Maker,
  options: AssembleOptions,
): Promise<Assembled> {
  const problems = checkSpecification(specification);
  if (problems.length > 0) return { kind: "failed", diagnostics: problems };
  const base = await openBase(specification, store, options);
  if (base === "wrong platform") return { kind: "failed", diagnostics: [wrongPlatform(specification)] };
  const assembly = new Assembly(specification, store, maker, options, base);
  for (const step of specification.steps) {
    if (step.kind === "copy") await assembly.copy(step);
    else await assembly.run(step);
  }
  return assembly.result();
}

/** Undefined where the base is not in the store (yet). */
async function openBase(
  { base, platform }: ImageSpecification,
  store: ImageStore,
  { signal }: AssembleOptions,
): Promise<OpenedImage | "scratch" | "missing" | "wrong platform"> {
  if (base === "scratch") return "scratch";
  if (!store.has(base)) return "missing";
  const opened = await store.open(base, signal);
  const { os, architecture } = opened.config.platform;
  const same = platform === undefined || (platform.os === os && platform.architecture === architecture);
  return same ? opened : "wrong platform";
}

class Assembly {
  readonly #specification: ImageSpecification;
  readonly #store: ImageStore;
  readonly #maker: Maker;
  readonly #options: AssembleOptions;
  readonly #config: Omit<ImageConfig, "diffIds" | "history">;
  readonly #inputs: unknown[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  #unfinished: Unfinished | undefined;

  constructor(
    specification: ImageSpecification,
    store: ImageStore,
    maker: Maker,
    options: AssembleOptions,
    base: OpenedImage | "scratch" | "missing",
  ) {
    this.#specification = specification;
    this.#store = store;
    this.#maker = maker;
    this.#options = options;
    const opened = typeof base === "string" ? undefined : base;
    const platform = opened?.config.platform ?? specification.platform ?? machinePlatform();
    this.#config = mergeConfig(specification, opened?.config, platform);
    if (base === "missing") return;
    this.#unfinished = {
      layers: opened?.layers ?? [],
      tree: opened?.tree ?? new Map(),
      history: opened?.config.history ?? [],
    };
  }

  async copy(step: CopyStep): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const source = await this.#scan(step);
      if (source === undefined) return;
      try {
        await this.#place(step, source);
        const name = source.kind === "file" ? path.basename(step.source) : undefined;
        this.#inputs.push({ copy: source.digest, name, target: step.target });
        return;
      } catch (error) {
        if (!(error instanceof FileChangedError)) throw error;
        if (attempt === COPY_ATTEMPTS) {
          this.#fail([changedFile(displayPath(error.path))]);
          return;
        }
      }
    }
  }

  async run(step: RunStep): Promise<void> {
    const { env, workdir, platform } = this.#config;
    const prepared = {
      command: step.command,
      workdir: path.posix.resolve("/", workdir, step.workdir ?? "."),
      env: { ...env, ...step.env },
    };
    const { command, workdir: own, env: set } = step;
    this.#inputs.push({ run: command, workdir: own, env: set });
    if (this.#unfinished === undefined) return;
    const below = this.#unfinished.layers.map((layer) => layer.diffId);
    const key = digestOf({ semantics: BUILD_SEMANTICS, below, platform, ...prepared });
    const outcome = await this.#maker.run({ ...prepared, key }, this.#unfinished, this.#pacer());
    this.#take(outcome, { createdBy: `run ${step.command}`, comment: "not sandboxed" });
  }

  result(): Assembled {
    if (this.#diagnostics.length > 0) return { kind: "failed", diagnostics: this.#diagnostics };
    // What comes from the base is in its digest, and is not read here: it may not be built yet.
    const { base, entrypoint, command, env, workdir, labels } = this.#specification;
    const platform = this.#specification.platform ?? (base === "scratch" ? machinePlatform() : undefined);
    const own = { base, platform, entrypoint, command, env, workdir, labels };
    const inputs = digestOf({ semantics: BUILD_SEMANTICS, ...own, steps: this.#inputs });
    if (this.#unfinished === undefined) return { kind: "unknown", inputs };
    const { layers, history } = this.#unfinished;
    const diffIds = layers.map((layer) => layer.diffId);
    return {
      kind: "whole",
      documents: writeDocuments({ ...this.#config, diffIds, history }, layers),
      inputs,
    };
  }

  async #scan(step: CopyStep): Promise<Source | undefined> {
    const { disk } = this.#store;
    const memory = disk.readMemory(step.source);
    const now = () => this.#options.clock.now();
    const scanned = await scanSource(step.source, { memory, pacer: this.#pacer(), now });
    if (disk.exists) await disk.writeMemory(step.source, memory);
    if (scanned.kind === "scanned") return scanned.source;
    this.#fail(scanned.diagnostics);
    return undefined;
  }

  async #place(step: CopyStep, source: Source): Promise<void> {
    if (this.#unfinished === undefined) return;
    const name = path.basename(step.source);
    const placed = placeCopy(this.#unfinished.tree, source, name, step.target, this.#config.workdir);
    if (placed.kind === "invalid") {
      this.#fail(placed.diagnostics);
      return;
    }
    const { entries, contents } = placed;
    const made = { createdBy: `copy to ${step.target}` };
    if (entries.length === 0) this.#take({ kind: "nothing" }, made);
    else {
      const layer = await this.#maker.copy(step, entries, contents, this.#pacer());
      this.#take({ kind: "layer", layer, entries }, made);
    }
  }

  #take(outcome: StepOutcome, made: Omit<HistoryEntry, "empty">): void {
    if (outcome.kind === "failed") this.#fail(outcome.diagnostics);
    if (outcome.kind === "failed" || outcome.kind === "unknown" || this.#unfinished === undefined) {
      this.#unfinished = undefined;
      return;
    }
    const { layers, tree, history } = this.#unfinished;
    this.#unfinished =
      outcome.kind === "nothing"
        ? { layers, tree, history: [...history, { ...made, empty: true }] }
        : {
            layers: [...layers, outcome.layer],
            tree: applyLayer(tree, outcome.entries, layers.length),
            history: [...history, { ...made, empty: false }],
          };
  }

  #fail(diagnostics: readonly Diagnostic[]): void {
    this.#diagnostics.push(...diagnostics);
    this.#unfinished = undefined;
  }

  #pacer(): Pacer {
    return new Pacer(this.#options.signal);
  }
}

function checkSpecification({ name, steps, workdir }: ImageSpecification): Diagnostic[] {
  const problems: Diagnostic[] = [];
  if (!isImageName(name)) {
    problems.push(
      errorDiagnostic("Invalid image name", `${JSON.stringify(name)} cannot be an image's name.`, {
        remedy: "Use lower case letters and digits, with single dots, underscores or dashes between them.",
        attribute: "name",
      }),
    );
  }
  if (workdir !== "" && !workdir.startsWith("/")) {
    problems.push(
      errorDiagnostic("Invalid working directory", `${JSON.stringify(workdir)} is not an absolute path.`, {
        remedy: "Begin it with a slash.",
        attribute: "workdir",
      }),
    );
  }
  for (const step of steps) {
    const texts = step.kind === "copy" ? [step.source, step.target] : [step.command, step.workdir ?? ""];
    if (texts.some((text) => text.includes("\0")) || texts[0] === "") {
      problems.push(
        errorDiagnostic(
          "Invalid build step",
          `A ${step.kind} step has an empty text, or one with a NUL in it.`,
        ),
      );
    }
  }
  return problems;
}

function wrongPlatform({ base, platform }: ImageSpecification): Diagnostic {
  return errorDiagnostic(
    "Base image is for another platform",
    `${base} is not for ${platform?.os ?? ""}/${platform?.architecture ?? ""}.`,
  );
}

/** The machine that Kiln runs on, in Go's words. */
function machinePlatform(): Platform {
  const names: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };
  return { os: process.platform, architecture: names[process.arch] ?? process.arch };
}
