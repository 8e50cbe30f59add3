import type { FlagSpecification } from "./specification.ts";

/** Flags that several commands have, with one wording. */
export const NO_COLOUR: Readonly<Record<string, FlagSpecification>> = {
  "no-color": { kind: "boolean", help: "Output without colour." },
};

export const JSON_LINES: Readonly<Record<string, FlagSpecification>> = {
  json: { kind: "boolean", help: "Output as lines of JSON, for programs." },
  ...NO_COLOUR,
};

export const JSON_OBJECT: Readonly<Record<string, FlagSpecification>> = {
  json: { kind: "boolean", help: "Output as one JSON value, for programs." },
  ...NO_COLOUR,
};

const NOT_YET = "this version of Kiln does not have it yet.";

/** Where values of variables come from, and how the state is locked. */
export const PLANNING: Readonly<Record<string, FlagSpecification>> = {
  var: {
    kind: "list",
    placeholder: "NAME=VALUE",
    help: "Set a variable of the root module. May be given several times.",
  },
  "var-file": {
    kind: "list",
    placeholder: "FILE",
    help: "Take variables from a file, besides terraform.tfvars and *.auto.tfvars. May be given several times.",
  },
  lock: {
    kind: "boolean",
    initial: "true",
    help: "Do not hold the state's lock. Dangerous if others use the state.",
  },
  "lock-timeout": {
    kind: "text",
    placeholder: "TIME",
    initial: "0s",
    help: "How long to wait for the lock, as 30s.",
  },
  input: { kind: "boolean", initial: "true", help: "Do not ask for anything." },
  refresh: { kind: "boolean", initial: "true", help: "Do not look at real objects before planning." },
  parallelism: { kind: "count", placeholder: "N", initial: "10", help: "How many operations run at once." },
  "compact-warnings": { kind: "boolean", hidden: true, help: "Accepted for Terraform's sake." },
  target: { kind: "list", refused: NOT_YET, hidden: true, help: "Not there yet." },
  replace: { kind: "list", refused: NOT_YET, hidden: true, help: "Not there yet." },
  "generate-config-out": { kind: "text", refused: NOT_YET, hidden: true, help: "Not there yet." },
  ...JSON_LINES,
};

/** Commands that ask before they act accept this; those that do not ask take it too. */
export const APPROVAL: Readonly<Record<string, FlagSpecification>> = {
  "auto-approve": { kind: "boolean", help: "Do not ask before acting." },
};
