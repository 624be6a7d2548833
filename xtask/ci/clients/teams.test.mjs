// Microsoft's own reader of adaptive cards judges the cards that are sent, and the stand-in takes them.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { CARDS, TEAMS_URL } from "./support.mjs";

// The package names no module for Node, so its bundle is taken.
const { AdaptiveCard, SerializationContext } = createRequire(import.meta.url)("adaptivecards/dist/adaptivecards.js");

function problems(content) {
  const context = new SerializationContext();
  const card = new AdaptiveCard();
  card.parse(content, context);
  const parsed = Array.from({ length: context.eventCount }, (_, place) => context.getEventAt(place).message);
  return [...parsed, ...card.validateProperties().validationEvents.map(({ message }) => message)];
}

const post = (message) =>
  fetch(TEAMS_URL, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(message) });

const files = readdirSync(CARDS).filter((name) => name.endsWith(".json"));
assert.ok(files.length > 0, `no card in ${CARDS}`);
for (const name of files) {
  test(`${name} is a card by Microsoft's reader, and the stand-in takes it`, async () => {
    const message = JSON.parse(readFileSync(join(CARDS, name), "utf8"));
    for (const { content } of message.attachments) assert.deepEqual(problems(content), []);
    assert.equal((await post(message)).status, 202);
  });
}

test("an element that is none is found by both", async () => {
  const content = { type: "AdaptiveCard", version: "1.4", body: [{ type: "TextBlok", text: "x" }] };
  assert.equal(problems(content).length, 1);
  const contentType = "application/vnd.microsoft.card.adaptive";
  assert.ok((await post({ type: "message", attachments: [{ contentType, content }] })).status >= 400);
});
