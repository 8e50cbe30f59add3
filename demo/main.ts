// The whole story under load, with real processes: `npm run demo`. `-break` plants one failed answer, and must make
// the demo fail. The last line is "N requests, M failed".
import { EXIT } from "../src/kernel/index.ts";
import { NOTHING, lostRequests, newCounts, startLoad } from "./load.ts";
import type { Load } from "./load.ts";
import { createProject } from "./project.ts";
import type { Project } from "./project.ts";
import { STORY } from "./story.ts";
import type { Scene } from "./story.ts";
import { readFleet } from "./status.ts";
import { renderTable } from "./table.ts";
import type { Row } from "./table.ts";

/** At least so many requests in a second are promised. */
const LEAST_RATE = 500;

const planted = process.argv.slice(2).some((word) => /^--?break$/.test(word));
const problems: string[] = [];
const rows: Row[] = [];
const started = Date.now();
const say = (line: string) => {
  if (line.trim() !== "") console.log(`    ${line.trimEnd().replaceAll("\n", "\n    ")}`);
};

function expectIn(step: string): Scene["expect"] {
  return (holds, what) => {
    if (holds) {
      say(`✓ ${what}`);
      return;
    }
    say(`✗ NOT SO: ${what}`);
    problems.push(`${step}: ${what}`);
  };
}

async function first(project: Project): Promise<void> {
  console.log("\nrelease 1");
  say("$ kiln up");
  const { status, output } = await project.kiln("up");
  say(output);
  const expect = expectIn("release 1");
  expect(status === EXIT.done, `kiln up exits 0 (was ${status})`);
  expect((await readFleet(project)).serving === 1, "release 1 serves");
}

async function tell(project: Project, load: Load): Promise<void> {
  for (const step of STORY) {
    console.log(`\n${step.title}`);
    const before = load.figures();
    const expect = expectIn(step.title);
    const result = await step.run({ project, load, say, expect });
    // What is sent from now on must be answered by the one release that serves.
    const settled = step.title === "destroy" ? load.figures() : await load.next();
    const after = step.title === "destroy" ? settled : await load.next();
    const answering = Object.keys(newCounts(settled.versions, after.versions));
    expect(
      answering.every((version) => version === result.serves),
      `only version ${result.serves} answers now`,
    );
    rows.push({
      step: step.title,
      sent: after.sent - before.sent,
      failed: after.failed.total - before.failed.total,
      lost: lostRequests(after) - lostRequests(before),
      ...(result.took === undefined ? {} : { took: result.took }),
      ...(result.switched === undefined ? {} : { switched: result.switched }),
      ...(result.lastOld === undefined ? {} : { lastOld: result.lastOld }),
      versions: newCounts(before.versions, after.versions),
    });
  }
}

const project = await createProject();
let load: Load | undefined;
try {
  await first(project);
  load = startLoad(project.url, planted);
  await load.next();
  await tell(project, load);
} finally {
  await load?.stop();
  await project.kiln("down");
  for (const { pid } of await project.processes()) process.kill(pid, "SIGKILL");
  await project.remove();
}

const last = load?.figures() ?? NOTHING;
const rate = Math.round(last.sent / last.seconds);
if (rate < LEAST_RATE) problems.push(`the load was ${rate} requests a second, less than ${LEAST_RATE}`);
if (last.versions["3"] !== undefined) problems.push("law 1: release 3, never verified, answered a request");
if (last.failed.total > 0)
  problems.push(`${last.failed.total} requests failed: ${JSON.stringify(last.failed)}`);

console.log(`\n${renderTable(rows)}\n`);
console.log(
  `${rate} requests a second for ${Math.round(last.seconds)} s; p50 ${last.latency?.p50} ms, p99 ${last.latency?.p99} ms`,
);
for (const [instance, count] of Object.entries(last.lost)) {
  console.log(
    `${count} requests were in flight at the killed instance ${instance}, and may not be sent again`,
  );
}
for (const sample of last.samples ?? []) console.log(`failed: ${JSON.stringify(sample)}`);
for (const problem of problems) console.log(`✗ ${problem}`);
console.log(`the story took ${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${last.sent} requests, ${last.failed.total} failed`);
process.exitCode = problems.length === 0 ? 0 : 1;
