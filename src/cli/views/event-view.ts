import type { EventSink } from "../../kernel/index.ts";
import type { Console } from "../console.ts";
import { eventText } from "./event-text.ts";
import { jsonLine } from "./json-lines.ts";

/** Shows each event as it comes: a plain line, or a `kiln_` message. */
export function eventView(console: Console, json: boolean): EventSink {
  return (event) => {
    const text = eventText(event);
    if (json) {
      console.out(
        jsonLine(
          {
            level: "info",
            message: text ?? event.kind.replaceAll("_", " "),
            type: `kiln_${event.kind}`,
            content: { kiln: event },
          },
          Date.now(),
        ),
      );
    } else if (text !== undefined) {
      console.out(`${text}\n`);
    }
  };
}
