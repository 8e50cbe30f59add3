import type { CommandEntry } from "../command.ts";

/** Every command, each loaded when it is used and not before. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "init",
    summary: "Prepare your working directory for other commands",
    group: "main",
    load: () => import("./init.ts"),
  },
  {
    name: "validate",
    summary: "Check whether the configuration is valid",
    group: "main",
    load: () => import("./validate.ts"),
  },
  {
    name: "plan",
    summary: "Show changes required by the current configuration",
    group: "main",
    load: () => import("./plan.ts"),
  },
  {
    name: "apply",
    summary: "Create or update infrastructure, as one transaction",
    group: "main",
    load: () => import("./apply.ts"),
  },
  {
    name: "destroy",
    summary: "Destroy previously created infrastructure",
    group: "main",
    load: () => import("./destroy.ts"),
  },
  {
    name: "up",
    summary: "Initialise where needed, apply without asking, show the status",
    group: "main",
    load: () => import("./up.ts"),
  },
  {
    name: "down",
    summary: "Destroy everything, and stop the daemon if nobody else uses it",
    group: "main",
    load: () => import("./down.ts"),
  },
  {
    name: "rollback",
    summary: "Go back to an earlier generation, or a fleet to an earlier release",
    group: "main",
    load: () => import("./rollback.ts"),
  },
  {
    name: "status",
    summary: "Show fleets, their releases and rollouts",
    group: "fleets",
    load: () => import("./status.ts"),
  },
  {
    name: "releases",
    summary: "List the releases of a fleet",
    group: "fleets",
    load: () => import("./releases.ts"),
  },
  {
    name: "why",
    summary: "Show the chain of events behind what a fleet runs now",
    group: "fleets",
    load: () => import("./why.ts"),
  },
  {
    name: "logs",
    summary: "Show what the instances of a fleet wrote",
    group: "fleets",
    load: () => import("./logs.ts"),
  },
  {
    name: "scale",
    summary: "Change how many instances a fleet has",
    group: "fleets",
    load: () => import("./scale.ts"),
  },
  {
    name: "rollout",
    summary: "Steer a rollout: pause, resume, promote, abort, retry, restart",
    group: "fleets",
    load: () => import("./rollout.ts"),
  },
  {
    name: "drift",
    summary: "Show where reality differs from what was recorded",
    group: "fleets",
    load: () => import("./drift.ts"),
  },
  {
    name: "history",
    summary: "List generations: what was applied, by whom, with which outcome",
    group: "other",
    load: () => import("./history.ts"),
  },
  {
    name: "output",
    summary: "Show output values from your root module",
    group: "other",
    load: () => import("./output.ts"),
  },
  {
    name: "show",
    summary: "Show the current state or a saved plan",
    group: "other",
    load: () => import("./show.ts"),
  },
  {
    name: "state list",
    summary: "List resources in the state",
    group: "other",
    load: () => import("./state-list.ts"),
  },
  {
    name: "state show",
    summary: "Show one resource of the state",
    group: "other",
    load: () => import("./state-show.ts"),
  },
  {
    name: "version",
    summary: "Show the current Kiln version",
    group: "other",
    load: () => import("./version.ts"),
  },
  {
    name: "help",
    summary: "Show this list, or the help of a command",
    group: "other",
    load: () => import("./help.ts"),
  },
];
