import { systemClock } from "../kernel/index.ts";
import type { Operator } from "../operations/index.ts";
import type { CommandContext } from "./command.ts";
import { daemonAccess } from "./daemon-access.ts";
import { eventView } from "./views/event-view.ts";

/** The user of this command as the daemon's operator, with events going to the command's view. */
export async function operatorOf(context: CommandContext, json: boolean): Promise<Operator> {
  const daemon = daemonAccess(context);
  return {
    client: await daemon.client(),
    asked: daemon.asked,
    apply: daemon.newApply(),
    events: eventView(context.console, json),
    signal: context.interrupts.stop,
    clock: systemClock,
  };
}
