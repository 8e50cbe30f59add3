import type { InstanceKey, ModuleInstance, ModuleStep, ResourceInstanceAddress } from "./addresses.ts";

interface Step {
  readonly name: string;
  readonly key: InstanceKey;
}

const NAME = /^[\p{ID_Start}_][\p{ID_Continue}-]*/u;
const INDEX = /^\[(?:(\d+)|"((?:[^"\\]|\\.)*)")\]/;

/** Splits `a[0].b["x"]` into names with their keys; undefined where the text is no such thing. */
function splitSteps(text: string): Step[] | undefined {
  const steps: Step[] = [];
  let rest = text;
  while (rest !== "") {
    if (steps.length > 0) {
      if (!rest.startsWith(".")) return undefined;
      rest = rest.slice(1);
    }
    const name = NAME.exec(rest)?.[0];
    if (name === undefined) return undefined;
    rest = rest.slice(name.length);
    const index = INDEX.exec(rest);
    let key: InstanceKey;
    if (index !== null) {
      key = index[1] !== undefined ? Number(index[1]) : unquote(index[2] ?? "");
      rest = rest.slice(index[0].length);
    }
    steps.push({ name, key });
  }
  return steps;
}

function unquote(text: string): string {
  const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
  return text
    .replaceAll(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter)
    .replaceAll("$${", "${")
    .replaceAll("%%{", "%{");
}

function takeModule(steps: Step[]): ModuleInstance | undefined {
  const module: ModuleStep[] = [];
  while (steps[0]?.name === "module") {
    const call = steps[1];
    if (call === undefined || steps[0].key !== undefined) return undefined;
    module.push({ name: call.name, key: call.key });
    steps.splice(0, 2);
  }
  return module;
}

/** Reads `module.a[0].module.b`; undefined where the text is no module's address. The empty text is the root. */
export function parseModuleInstance(text: string): ModuleInstance | undefined {
  const steps = splitSteps(text);
  if (steps === undefined) return undefined;
  const module = takeModule(steps);
  return module !== undefined && steps.length === 0 ? module : undefined;
}

/** Reads `module.a[0].kiln_fleet.web["b"]`; undefined where the text is no resource instance's address. */
export function parseResourceInstance(text: string): ResourceInstanceAddress | undefined {
  const steps = splitSteps(text);
  if (steps === undefined) return undefined;
  const module = takeModule(steps);
  if (module === undefined) return undefined;
  const isData = steps[0]?.name === "data" && steps.length === 3;
  if (isData) steps.shift();
  const [type, resource, surplus] = steps;
  if (type === undefined || resource === undefined || surplus !== undefined || type.key !== undefined) {
    return undefined;
  }
  return {
    module,
    mode: isData ? "data" : "managed",
    type: type.name,
    name: resource.name,
    key: resource.key,
  };
}
