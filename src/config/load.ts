import path from "node:path/posix";
import { type Diagnosed, type Diagnostic, digestOf, errorDiagnostic, hasErrors } from "../kernel/index.ts";
import { type File, parseFile } from "../lang/index.ts";
import type { ModulePath } from "./addresses.ts";
import { checkReferences } from "./check-references.ts";
import type { Configuration, ConfigurationFiles, Module, ModuleCall } from "./configuration.ts";
import { isLocalSource, providerKey, sourceDirectory } from "./decode-call.ts";
import { decodeModule } from "./decode-module.ts";
import { problemAt } from "./problems.ts";

/** Calls nested deeper than this are a module that calls itself. */
const DEEPEST_CALL = 50;

interface Loader {
  readonly files: ConfigurationFiles;
  readonly sources: Map<string, string>;
  /** Parsed files by directory: a module that is called twice is read once. */
  readonly parsed: Map<string, Promise<readonly File[] | undefined>>;
  readonly diagnostics: Diagnostic[];
}

/**
 * Reads the root module and all modules it calls. The configuration is whole only where the diagnostics have no
 * error. Rejects with the system's error where a file cannot be read.
 */
export async function loadConfiguration(files: ConfigurationFiles): Promise<Diagnosed<Configuration>> {
  const loaded = await loadBlocks(files);
  // References are checked only in what was understood: a broken file would make every use of it an error.
  if (hasErrors(loaded.diagnostics)) return loaded;
  return { ...loaded, diagnostics: [...loaded.diagnostics, ...checkReferences(loaded.value.root)] };
}

/** The same, without a look at what the blocks refer to. */
export async function loadBlocks(files: ConfigurationFiles): Promise<Diagnosed<Configuration>> {
  const loader: Loader = { files, sources: new Map(), parsed: new Map(), diagnostics: [] };
  const parsed = await parseDirectory(loader, ".");
  if (parsed === undefined || parsed.length === 0) {
    loader.diagnostics.push(
      errorDiagnostic(
        "No configuration files",
        "The directory contains no configuration files: none ends in .tf.",
        {
          remedy: "Write a main.tf, or name the directory that has one with -chdir=DIR.",
        },
      ),
    );
  }
  const root = await loadModule(loader, [], ".", parsed ?? []);
  const sources = new Map([...loader.sources].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return {
    value: { root, sources, digest: digestOf(Object.fromEntries(sources)) },
    diagnostics: loader.diagnostics,
  };
}

function parseDirectory(loader: Loader, directory: string): Promise<readonly File[] | undefined> {
  const known = loader.parsed.get(directory);
  if (known !== undefined) return known;
  const parsing = readDirectory(loader, directory);
  loader.parsed.set(directory, parsing);
  return parsing;
}

/** Whether a file's name says that editors or tools left it behind. */
function isIgnored(name: string): boolean {
  return name.startsWith(".") || name.endsWith("~") || (name.startsWith("#") && name.endsWith("#"));
}

async function readDirectory(loader: Loader, directory: string): Promise<readonly File[] | undefined> {
  const names = await loader.files.list(directory);
  if (names === undefined) return undefined;
  const parsed: File[] = [];
  for (const name of names.toSorted()) {
    if (isIgnored(name)) continue;
    const file = path.join(directory, name);
    const isOverride = /(?:^|_)override\.tf(?:\.json)?$/.test(name);
    if (name.endsWith(".tf.json") || (isOverride && name.endsWith(".tf"))) {
      loader.diagnostics.push(
        errorDiagnostic(
          `${isOverride ? "Override files" : "JSON configuration files"} are not supported yet`,
          `${file} would be part of this configuration, and this version of Kiln cannot read it.`,
          {
            remedy: isOverride
              ? "Write its arguments into the blocks they override."
              : `Write ${file} in the native syntax.`,
          },
        ),
      );
    } else if (name.endsWith(".tf")) {
      const content = await loader.files.read(file);
      const result = parseFile(file, content);
      loader.diagnostics.push(...result.diagnostics);
      loader.sources.set(file, result.value.source.text);
      parsed.push(result.value);
    }
  }
  return parsed;
}

async function loadModule(
  loader: Loader,
  modulePath: ModulePath,
  directory: string,
  files: readonly File[],
): Promise<Module> {
  // The same directory under another call gives the same diagnostics: they are kept once.
  const found: Diagnostic[] = [];
  const content = decodeModule(files, found);
  const known = new Set(loader.diagnostics.map((each) => JSON.stringify(each)));
  loader.diagnostics.push(...found.filter((each) => !known.has(JSON.stringify(each))));
  const children = new Map<string, Module>();
  for (const call of content.calls.values()) {
    const child = await loadCall(loader, [...modulePath, call.name], directory, call);
    if (child !== undefined) children.set(call.name, child);
  }
  return { ...content, path: modulePath, directory, children };
}

async function loadCall(
  loader: Loader,
  modulePath: ModulePath,
  caller: string,
  call: ModuleCall,
): Promise<Module | undefined> {
  const refuse = (summary: string, detail: string, remedy: string): undefined => {
    loader.diagnostics.push(problemAt(call.sourcePlace, summary, detail, { remedy }));
    return undefined;
  };
  if (!isLocalSource(call.source)) {
    return refuse(
      "Remote modules are not supported yet",
      `The source "${call.source}" of module "${call.name}" is no directory of this configuration; this version of Kiln reads directories only.`,
      'Copy the module into a directory beside the configuration, and write its path as the source: "./modules/NAME".',
    );
  }
  if (modulePath.length > DEEPEST_CALL) {
    return refuse(
      "Module calls are nested too deep",
      `Module "${call.name}" is called ${DEEPEST_CALL} levels below the root module, so it probably calls itself.`,
      "Break the circle of module calls.",
    );
  }
  const directory = sourceDirectory(caller, call.source);
  const files = await parseDirectory(loader, directory);
  if (files === undefined) {
    return refuse(
      "Unreadable module directory",
      `Module "${call.name}" has the source "${call.source}", and there is no directory ${directory}.`,
      "Correct the source, or make the directory.",
    );
  }
  if (files.length === 0) {
    return refuse(
      "Module has no configuration files",
      `The directory ${directory} of module "${call.name}" has no file that ends in .tf.`,
      "Correct the source, or write a main.tf there.",
    );
  }
  const child = await loadModule(loader, modulePath, directory, files);
  for (const { localName, source, aliases } of child.requiredProviders.values()) {
    const names = aliases.map((alias) => providerKey({ localName, alias }));
    for (const name of names.filter((each) => !call.providers.has(each))) {
      loader.diagnostics.push(
        problemAt(
          call.place,
          "Missing required provider configuration",
          `The child module requires an additional configuration for provider ${source ?? localName}, with the local name "${name}".`,
          { remedy: `Add an entry for ${name} to the "providers" argument of the module block.` },
        ),
      );
    }
  }
  return child;
}
