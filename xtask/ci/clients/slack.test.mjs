// Slack's official client of incoming webhooks against the stand-in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { IncomingWebhook } from "@slack/webhook";
import { SLACK_URL } from "./support.mjs";

const section = (text) => ({ type: "section", text: { type: "mrkdwn", text } });
const send = (message, url = SLACK_URL) => new IncomingWebhook(url, { timeout: 5000 }).send(message);

async function refused(message, word, url) {
  const error = await send(message, url).then(() => assert.fail("it was taken"), (error) => error);
  assert.ok(JSON.stringify([error.message, error.original?.response?.data]).includes(word), `${error}, not ${word}`);
}

test("a message is taken, as text and as blocks", async () => {
  assert.equal((await send("見積 & <b>")).text, "ok");
  const attachments = [{ color: "#a30200", blocks: [section("a"), { type: "divider" }] }];
  assert.equal((await send({ text: "fallback", attachments })).text, "ok");
});

test("what Slack refuses is refused", async () => {
  await refused({}, "400");
  await refused({ text: "x", blocks: Array.from({ length: 51 }, () => section("a")) }, "400");
  await refused({ text: "x", blocks: [section("a".repeat(3001))] }, "400");
  await refused("x", "40", SLACK_URL + "x");
});
