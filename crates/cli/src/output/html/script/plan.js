// The plan with a switch for each action: what the chosen ones save together, and their steps.

function startPlan(plan) {
  if (!plan || !plan.choices || plan.actions.length === 0) return;
  const boxes = Array.from(byId("plan").querySelectorAll("input[data-action]"));
  const switchable = new Set(boxes.map((box) => Number(box.dataset.action)));
  const show = () => {
    const off = new Set(boxes.filter((box) => !box.checked).map((box) => Number(box.dataset.action)));
    showChoice(plan, off, switchable);
  };
  const all = (checked) => () => {
    for (const box of boxes) box.checked = checked;
    show();
  };
  for (const box of boxes) {
    box.hidden = false;
    box.addEventListener("change", show);
  }
  byId("choice-all").addEventListener("click", all(true));
  byId("choice-none").addEventListener("click", all(false));
  byId("choice").hidden = false;
  show();
}

/** What the actions that are not off save: each series once, however many actions drop it. */
function saved(plan, off) {
  const total = { series: 0, bytes: 0 };
  for (const portion of plan.choices.portions) {
    if (portion.dropped_by.some((action) => !off.has(action))) {
      total.series += portion.series;
      total.bytes += portion.bytes;
    } else {
      for (const label of portion.labels) if (!off.has(label.action)) total.bytes += label.bytes;
    }
  }
  return total;
}

function showChoice(plan, off, switchable) {
  const [some, all] = [saved(plan, off), saved(plan, new Set())];
  // Resident memory is estimated of the whole; between, it goes with the live heap.
  const share = all.bytes > 0 ? some.bytes / all.bytes : 0;
  const rss = plan.before.rss - Math.round((plan.before.rss - plan.after.rss) * share);
  const taken = plan.actions.length - off.size;
  const exact = off.size === 0 || taken === 0;
  byId("choice-says").textContent = count(taken) + " of " + counted(plan.actions.length, "action") + ": "
    + count(plan.before.series) + " → " + count(plan.before.series - some.series) + " series, "
    + size(plan.before.rss) + " → " + (exact ? "" : "about ") + size(rss) + " resident";
  const caveat = byId("choice-caveat");
  const strips = (action, at) => !off.has(at) && action.kind === "drop_label";
  caveat.hidden = !plan.choices.caveat || off.size === 0 || !plan.actions.some(strips);
  byId("choice-steps").textContent = stepsOf(plan, off);
  byId("choice-rest").hidden = switchable.size === plan.actions.length;
}

/** The steps of the chosen actions as YAML, job by job. */
function stepsOf(plan, off) {
  const jobs = new Map();
  plan.actions.forEach((action, at) => {
    if (off.has(at)) return;
    if (!jobs.has(action.job)) jobs.set(action.job, []);
    jobs.get(action.job).push(action);
  });
  const parts = Array.from(jobs, ([job, actions]) => "# job_name: " + JSON.stringify(job)
    + "\nmetric_relabel_configs:\n" + actions.map(actionSteps).join(""));
  return parts.join("\n") || "# none is chosen";
}

function actionSteps(action) {
  const why = action.proof + ": " + action.reason.replace(/\s+/g, " ");
  const item = (step) => "  - " + step.trimEnd().replace(/\n/g, "\n    ") + "\n";
  return "  # promsieve: " + why + "\n" + action.steps.map(item).join("");
}
