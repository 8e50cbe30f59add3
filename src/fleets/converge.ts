import type { Draft } from "./draft.ts";
import { healFleet } from "./healing.ts";
import { advanceRollout, decideAlone, expireLeases, expireStarts } from "./progress.ts";
import { ageReleases, calmDown, finishDestroy, prune } from "./retention.ts";
import { updateTable } from "./routing.ts";
import { rolloutKey } from "./store.ts";
import { isEnded } from "./views.ts";

/** More passes than any chain of consequences has; beyond it two rules fight each other. */
const MOST_PASSES = 50;

/**
 * Brings the records to where they agree with each other at this moment: the rules are looked at over and over
 * until none has anything to change. An event only changes what it is about; the rest follows here.
 */
export function converge(draft: Draft): void {
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const before = draft.writes;
    expireLeases(draft);
    expireStarts(draft);
    for (const rollout of draft.state.rollouts.values()) {
      if (isEnded(rollout)) continue;
      const current = draft.state.rollouts.get(rolloutKey(rollout.apply, rollout.fleet));
      if (current !== undefined) advanceRollout(draft, current);
    }
    for (const apply of draft.state.applies.values()) decideAlone(draft, apply);
    for (const fleet of draft.state.fleets.values()) {
      calmDown(draft, fleet);
      ageReleases(draft, draft.state.fleets.get(fleet.id) ?? fleet);
      healFleet(draft, draft.state.fleets.get(fleet.id) ?? fleet);
    }
    updateTable(draft);
    for (const fleet of draft.state.fleets.values()) finishDestroy(draft, fleet);
    if (draft.writes === before) {
      // What is forgotten matters to no rule.
      prune(draft);
      return;
    }
  }
  throw new Error("the rules of the fleets do not come to rest");
}
