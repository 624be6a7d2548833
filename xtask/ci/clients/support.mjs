// What the judges share: where the stand-ins are, and Backlog's official client pointed at them.
import assert from "node:assert/strict";
import { Backlog } from "backlog-js";

const HOST = "standin.backlog.com";

export const { BACKLOG_URL, BACKLOG_KEY, SLACK_URL, TEAMS_URL, CONTROL_URL, CARDS } = process.env;

// The client knows hosts of Nulab only, so its address is replaced on the way; nothing else is touched.
export function client(apiKey = BACKLOG_KEY) {
  const calls = [];
  const through = (url, init) => {
    const address = new URL(url);
    assert.equal(address.host, HOST);
    assert.ok(!address.searchParams.has("apiKey"), "the official client sends its key in a header");
    calls.push(`${init.method} ${address.pathname}`);
    return fetch(BACKLOG_URL + address.pathname + address.search, init);
  };
  return { backlog: new Backlog({ host: HOST, apiKey, fetch: through }), calls };
}

export async function control(path, body) {
  const answer = await fetch(`${CONTROL_URL}/${path}`, { method: "POST", body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
}

// Demands that a call is refused with a status and a code of Backlog.
export async function refused(call, status, code, words = "") {
  const error = await call.then(() => assert.fail("it was taken"), (error) => error);
  assert.equal(error._status, status, String(error));
  const [first] = error._body.errors;
  assert.equal(first.code, code);
  assert.ok(first.message.includes(words), `${first.message} does not say ${words}`);
}
