// The lists of the page, read again each second; only what has changed is drawn.

const REFRESH_MILLISECONDS = 1000;
// How much of a list is drawn until a person asks for the rest.
const FIRST_ENTRIES = 5;
const FIRST_CALLS = 20;
const lists = new Map();
let calls = [];

function tone(status) {
  if (status < 300) return "good";
  if (status < 400) return "turn";
  return status === 429 ? "warn" : "bad";
}

// Most details never are opened.
function drawWhenOpened(opened, draw) {
  opened.addEventListener("toggle", () => opened.append(draw()), { once: true });
}

function readable(call) {
  const kind = call.headers["content-type"] || "";
  if (kind.includes("json")) {
    try { return JSON.stringify(JSON.parse(call.body), null, 2); } catch { return call.body; }
  }
  return call.body;
}

function callDetails(call) {
  const headers = element("dl", "");
  for (const [name, value] of Object.entries(call.headers)) {
    headers.append(element("dt", "", name), element("dd", "", value));
  }
  return element("div", "more",
    element("h3", "label", "Address"), element("pre", "", call.path + (call.query ? "?" + call.query : "")),
    element("h3", "label", "Headers"), headers,
    element("h3", "label", "Body"), element("pre", "", call.body ? readable(call) : "(empty)"));
}

function callEntry(call) {
  const key = { valid: "good", wrong: "bad", missing: "warn" }[call.credential] || "warn";
  const opened = element("details", "", element("summary", "",
    clock(call.at),
    element("span", "status " + tone(call.status), String(call.status)),
    element("span", "method", call.method),
    element("span", "target", call.path + (call.query ? "?" + call.query : "")),
    element("span", "key " + key, "key " + call.credential)));
  drawWhenOpened(opened, () => callDetails(call));
  const node = element("li", "", opened);
  node.id = "call-" + call.sequence;
  return node;
}

// Opens a call of the list of calls, if it is still there.
function showCall(sequence) {
  const known = lists.get("calls");
  if (!known || !calls.some((call) => call.sequence === sequence)) return;
  known.isWhole = true;
  known.draw();
  const opened = document.querySelector("#call-" + sequence + " details");
  opened.open = true;
  opened.querySelector("summary").focus();
  opened.scrollIntoView({ block: "center" });
}

// Draws the entries of a list; those that are as they were stay, with the focus and what is opened.
function drawEntries(known) {
  const { node, items, keyOf, build } = known;
  const shown = known.isWhole ? items : items.slice(0, known.first);
  const old = known.drawn;
  known.drawn = new Map();
  let place = node.firstElementChild;
  for (const item of shown) {
    const text = JSON.stringify(item);
    const before = old.get(keyOf(item));
    let entry = before?.entry;
    if (before?.text !== text) {
      entry = build(item);
      if (before) carryOver(before.entry, entry);
      else if (!known.isNew) entry.classList.add("fresh");
    }
    if (before && before.entry !== entry) {
      if (place === before.entry) place = before.entry.nextElementSibling;
      before.entry.remove();
    }
    if (place === entry) place = entry.nextElementSibling;
    else node.insertBefore(entry, place);
    old.delete(keyOf(item));
    known.drawn.set(keyOf(item), { text, entry });
  }
  for (const { entry } of old.values()) entry.remove();
  known.isNew = false;
  const n_left = items.length - shown.length;
  known.button.hidden = n_left === 0;
  known.button.textContent = "Show " + n_left + " more";
}

// What a person has opened stays open, and the focus where it was, when an entry is drawn anew.
function carryOver(before, after) {
  const [was, is] = [before.querySelector("details"), after.querySelector("details")];
  if (was?.open && is) is.open = true;
  if (before.contains(document.activeElement)) after.querySelector("summary")?.focus();
}

// Makes a list of this name or brings it up to date; one without entries is not shown.
function list(id, title, count, items, first, keyOf, build) {
  let known = lists.get(id);
  if (!known) {
    const [node, button, words] = [element("ol", ""), element("button", ""), element("span", "")];
    button.type = "button";
    const section = element("section", "list", element("h2", "", title, words), node, button);
    section.id = id;
    document.getElementById("lists").append(section);
    known = { section, node, button, words, first, keyOf, build, drawn: new Map(), isWhole: false, isNew: true };
    known.draw = () => drawEntries(known);
    button.addEventListener("click", () => {
      const last = node.lastElementChild;
      known.isWhole = true;
      known.draw();
      // The button goes; whoever pressed it goes on with what it has brought.
      const next = last?.nextElementSibling?.querySelector("summary, h3, p");
      if (next) {
        if (next.localName !== "summary") next.tabIndex = -1;
        next.focus();
      }
    });
    lists.set(id, known);
  }
  known.items = items;
  known.words.textContent = count;
  known.section.hidden = count === "";
  known.draw();
  return known.section.hidden ? null : { id, title, count };
}

function drawContents(shown) {
  const nav = document.getElementById("contents");
  const text = JSON.stringify(shown);
  if (nav.dataset.drawn === text) return;
  nav.dataset.drawn = text;
  nav.hidden = shown.length < 2;
  nav.replaceChildren(...shown.map(({ id, title, total }) => {
    const node = element("a", "", element("b", "", String(total)), " " + title);
    node.href = "#" + id;
    return node;
  }));
}

// How many are held and how many of them are shown.
function held(total, items, one, many) {
  if (total === 0) return "";
  return counted(total, one, many) + (total > items.length ? ", the newest " + items.length + " are here" : "");
}

// The list of one stand-in, as its own part of the script draws it; without one, as JSON.
function productList(name, saas, holding) {
  const product = products[name] ?? unknownProduct(saas, holding);
  const title = product.title;
  if (product.words) return [list(name, title, product.words(holding), [], 0, () => "", () => ""), title, product.count(holding)];
  const items = holding[product.list];
  const count = held(holding.total, items, product.one, product.many);
  // What has no number of its own is told apart by its place.
  const keyOf = product.keyOf ?? ((item) => item.n);
  const shown = product.keyOf ? items : numbered(items, holding.total);
  return [list(name, title, count, shown, FIRST_ENTRIES, keyOf, product.build), title, holding.total];
}

function unknownProduct(saas, holding) {
  const key = Object.keys(holding).find((key) => Array.isArray(holding[key]));
  if (!key) return { title: saas, words: () => "", count: () => 0 };
  const build = ({ n, ...item }) => element("li", "entry", item.at ? clock(item.at) : "", element("pre", "", JSON.stringify(item.payload ?? item, null, 2)));
  return { title: saas, list: key, one: key.replace(/s$/, ""), many: key, build };
}

function draw(journeys, holdings, received) {
  calls = received.calls;
  const failed = calls.filter((call) => call.status >= 400).length;
  const shown = [
    [list("journeys", "Events", held(journeys.total, journeys.journeys, "event", "events"),
      journeys.journeys, 10, (journey) => journey.id, journeyEntry), journeys.total === 1 ? "event" : "events", journeys.total],
    ...received.services.map((name) => productList(name, received.titles[name], holdings[name])),
    [list("calls", "Calls", received.total === 0 ? "" : held(received.total, calls, "call", "calls") + "; " + failed
      + " refused or failed; stand-ins: " + received.services.join(", "),
      // A server that was started again counts from one, so the number alone may mean another call.
      calls, FIRST_CALLS, (call) => call.sequence + "@" + call.at, callEntry), received.total === 1 ? "call" : "calls", received.total],
  ].filter(([list]) => list !== null).map(([{ id }, title, total]) => ({ id, title, total }));
  drawContents(shown);
  document.getElementById("empty").hidden = shown.length > 0;
}

// Messages have no number of their own: they are told apart by their place, from the first that came.
function numbered(newestFirst, total) {
  return newestFirst.map((item, place) => ({ ...item, n: total - place }));
}

function say(text, lost) {
  const state = document.getElementById("state");
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("lost", lost);
}

async function refresh() {
  let answers;
  try {
    answers = await Promise.all(["/journeys.json", "/holdings.json", "/received.json"].map(async (path) => {
      const answer = await fetch(path, { cache: "no-store" });
      if (!answer.ok) throw new Error("status " + answer.status);
      return answer.json();
    }));
  } catch {
    say("No answer; the stand-ins may have stopped", true);
  }
  if (answers) {
    draw(...answers);
    say("Live", false);
  }
  setTimeout(refresh, REFRESH_MILLISECONDS);
}

document.getElementById("example").textContent =
  "curl '" + location.origin + "/backlog/api/v2/users/myself?apiKey=YOUR_KEY'";
refresh();
