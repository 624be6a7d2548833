// One event on its way: how it came, the queues, the functions with their lines, and the calls they made.

const OUTCOMES = {
  done: ["good", "done"], ignored: ["plain", "ignored"], nothing_done: ["warn", "nothing done"],
  waiting: ["turn", "waiting"], at_work: ["turn", "running"], retrying: ["warn", "will be retried"],
  refused: ["bad", "refused"], failed: ["bad", "failed"], crashed: ["bad", "crashed"],
  given_up: ["bad", "in the dead-letter queue"],
};

function outcomeChip(outcome) {
  const [tone, words] = OUTCOMES[outcome] ?? ["plain", outcome];
  return element("span", "chip " + tone, words);
}

// A name without its stage and stack, which stand once above: tsugite-local-question-form-TeamsPoster.
function shortName(name) {
  return name.split("-").find((part) => /^[A-Z]/.test(part)) ?? name;
}

function stackName(name) {
  const at = name.split("-").findIndex((part) => /^[A-Z]/.test(part));
  return at > 0 ? name.split("-").slice(0, at).join("-") : "";
}

function logLines(lines) {
  if (lines.length === 0) return element("p", "soft", "No line was logged.");
  return element("ol", "lines", ...lines.map((line) => {
    const moment = line.at && new Date(line.at);
    const time = element("time", "", moment ? timeOfDay(moment) : "");
    if (moment) time.title = moment.toISOString();
    const fields = Object.entries(line.fields).map(([name, value]) =>
      name + ": " + (typeof value === "string" ? value : JSON.stringify(value))).join(" · ");
    const tone = { warn: "warning", error: "error" }[line.level] ?? "";
    return element("li", "", time, element("span", "", element("span", tone, line.message), fields ? element("span", "rest", " " + fields) : ""));
  }));
}

function hop(kind, tone, title, ...more) {
  return element("li", tone ? tone + "-mark" : "", element("p", "hop", element("span", "kind", kind), element("b", "", title), ...more));
}

function toneOf(outcome) {
  const [tone] = OUTCOMES[outcome] ?? [""];
  return ["good", "warn", "bad"].includes(tone) ? tone : "";
}

function took(step) {
  return element("span", "soft", step.ended === null ? "running for " + span(Date.now() - step.began) : "took " + span(step.ended - step.began));
}

function endpointHop(step) {
  const status = step.status === undefined ? outcomeChip(step.outcome) : element("span", "status " + tone(step.status), String(step.status));
  const node = hop("endpoint", toneOf(step.outcome), step.request, clock(step.began), status, took(step),
    element("span", "soft", shortName(step.function)));
  node.append(logLines(step.lines));
  return node;
}

function callHop(call) {
  const open = element("a", "", call.method + " " + call.path);
  open.href = "#call-" + call.sequence;
  open.addEventListener("click", (event) => {
    event.preventDefault();
    showCall(call.sequence);
  });
  const isGood = call.status < 400;
  return hop("call", isGood ? "good" : call.status === 429 ? "warn" : "bad", call.service, clock(call.at),
    element("span", "status " + tone(call.status), String(call.status)), open);
}

function deliveryHops(step) {
  const count = step.delivery > 1 ? element("span", "soft", "delivery " + step.delivery) : "";
  const node = hop("function", toneOf(step.outcome), shortName(step.function), clock(step.began), outcomeChip(step.outcome), took(step), count);
  node.append(logLines(step.lines));
  return [node, ...step.calls.map(callHop)];
}

function branchHops(branch) {
  const [first] = branch.deliveries;
  const queue = hop("queue", "", shortName(branch.queue), clock(branch.sent),
    element("span", "soft", first ? "waited " + span(first.began - branch.sent) : "waits"));
  const hops = [queue, ...branch.deliveries.flatMap(deliveryHops)];
  if (branch.outcome === "given_up") hops.push(hop("queue", "bad", shortName(branch.queue) + "DeadLetters", outcomeChip("given_up")));
  return hops;
}

// The names of the way in one line.
function wayOf(journey) {
  const names = [];
  if (journey.endpoint) names.push(journey.endpoint.request);
  if (journey.topic) names.push(shortName(journey.topic));
  const [branch, ...others] = journey.branches;
  if (branch && others.length === 0) names.push(shortName(branch.queue), ...branch.deliveries.slice(-1).flatMap(endOf));
  else if (branch) names.push(journey.branches.flatMap((branch) => branch.deliveries.slice(-1).flatMap(endOf)).join(", "));
  return element("span", "way", ...names.map((name) => element("span", "", name)));
}

function endOf(step) {
  return [shortName(step.function), ...new Set(step.calls.map((call) => call.service))];
}

function journeyDetails(journey) {
  const more = element("div", "more");
  const names = [journey.endpoint?.function, ...journey.branches.map((branch) => branch.queue)].filter(Boolean);
  more.append(element("p", "hop soft", element("span", "", stackName(names[0] ?? "")), element("span", "", "id " + journey.id)));
  const start = [];
  if (journey.endpoint) start.push(endpointHop(journey.endpoint));
  if (journey.topic) start.push(hop("topic", "", shortName(journey.topic)));
  if (journey.branches.length === 1) start.push(...branchHops(journey.branches[0]));
  more.append(element("ol", "hops", ...start));
  if (journey.branches.length > 1) {
    more.append(...journey.branches.map((branch) => element("div", "branch",
      element("h3", "label", shortName(branch.queue), " ", outcomeChip(branch.outcome)), element("ol", "hops", ...branchHops(branch)))));
  }
  return more;
}

function journeyEntry(journey) {
  const opened = element("details", "", element("summary", "", clock(journey.at), outcomeChip(journey.outcome), wayOf(journey)));
  drawWhenOpened(opened, () => journeyDetails(journey));
  return element("li", "journey", opened);
}
