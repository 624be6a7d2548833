// Backlog's official client against the stand-in: every call that it has for what the stand-in serves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { client, control, refused } from "./support.mjs";

const NEW = { projectId: 92, summary: "s", issueTypeId: 11, priorityId: 3 };
const { backlog, calls } = client();

test("the key travels in its header, and a wrong one is refused", async () => {
  assert.equal((await backlog.getSpace()).textFormattingRule, "markdown");
  assert.equal((await backlog.getMyself()).id, 25);
  await refused(client("wrong").backlog.getSpace(), 401, 11);
});

test("projects and what is in them are listed", async () => {
  assert.equal((await backlog.getProjects({ archived: false, all: true }))[0].projectKey, "SUB");
  for (const project of ["SUB", 92]) {
    assert.equal((await backlog.getProject(project)).textFormattingRule, "markdown");
    assert.equal((await backlog.getIssueTypes(project)).length, 4);
    assert.equal((await backlog.getProjectStatuses(project)).length, 4);
    assert.equal((await backlog.getCategories(project)).length, 2);
    assert.equal((await backlog.getVersions(project)).length, 2);
    assert.equal((await backlog.getProjectUsers(project)).length, 2);
    assert.deepEqual(await backlog.getCustomFields(project), []);
  }
  assert.equal((await backlog.getPriorities()).length, 3);
  assert.equal((await backlog.getResolutions()).length, 5);
  assert.equal((await backlog.getUsers()).length, 2);
  assert.equal((await backlog.getUser(26)).id, 26);
  assert.ok((await backlog.getRateLimit()).rateLimit.search.remaining > 0);
  await refused(backlog.getProject("NONE"), 404, 6, "No project.");
});

test("an issue is made with every parameter, found, changed and taken away", async () => {
  const parent = await backlog.postIssue(NEW);
  const made = await backlog.postIssue({
    ...NEW,
    parentIssueId: parent.id,
    description: "詳細 & more\n二行目",
    startDate: "2026-08-04",
    dueDate: "2026-08-05",
    estimatedHours: 1.5,
    actualHours: 2,
    categoryId: [10001, 10002],
    versionId: [101],
    milestoneId: [102],
    assigneeId: 26,
    notifiedUserId: [25, 26],
  });
  assert.deepEqual(made.category.map(({ id }) => id), [10001, 10002]);
  assert.deepEqual([made.versions[0].id, made.milestone[0].id, made.assignee.id], [101, 102, 26]);
  assert.deepEqual([made.parentIssueId, made.dueDate, made.estimatedHours], [parent.id, "2026-08-05T00:00:00Z", 1.5]);
  const filters = {
    projectId: [92], issueTypeId: [11], categoryId: [10002], versionId: [101], milestoneId: [102], statusId: [1],
    priorityId: [3], assigneeId: [26], createdUserId: [25], parentChild: 2, parentIssueId: [parent.id],
    attachment: false, sharedFile: false, hasDueDate: true, createdSince: "2000-01-01", createdUntil: "2999-01-01",
    updatedSince: "2000-01-01", updatedUntil: "2999-01-01", startDateSince: "2026-08-04", startDateUntil: "2026-08-04",
    dueDateSince: "2026-08-05", dueDateUntil: "2026-08-05", id: [made.id], keyword: "二行目",
  };
  assert.deepEqual((await backlog.getIssues({ ...filters, sort: "childIssue", order: "asc", offset: 0, count: 100 })).map(({ id }) => id), [made.id]);
  assert.deepEqual(await backlog.getIssuesCount(filters), { count: 1 });
  const changed = await backlog.patchIssue(made.issueKey, { statusId: 4, resolutionId: 0, comment: "done", categoryId: [10001] });
  assert.deepEqual([changed.status.id, changed.resolution.id, changed.category.length], [4, 0, 1]);
  assert.deepEqual(await backlog.getIssue(made.id), changed);
  assert.deepEqual(await backlog.getIssueAttachments(made.id), []);
  assert.deepEqual(await backlog.getIssueSharedFiles(made.id), []);
  assert.equal((await backlog.deleteIssue(made.id)).id, made.id);
  await refused(backlog.getIssue(made.id), 404, 6, "No issue.");
});

test("what is not so is refused by its name", async () => {
  for (const wrong of [
    { categoryId: [5] }, { versionId: [5] }, { milestoneId: [5] }, { notifiedUserId: [999] }, { attachmentId: [1] },
    { parentIssueId: 999 }, { assigneeId: 999 }, { customField_1: "x" }, { dueDate: "2026-02-31" }, { unknown: 1 },
  ]) {
    await refused(backlog.postIssue({ ...NEW, ...wrong }), 400, 7, Object.keys(wrong)[0]);
  }
  for (const filter of [{ customField_1: 1 }, { expand: ["childIssueSummary"] }, { parentChild: 5 }, { assigneeId: ["x"] }]) {
    await refused(backlog.getIssues(filter), 400, 7, Object.keys(filter)[0]);
  }
  await refused(backlog.getSpaceDiskUsage(), 404, 6, "GET /api/v2/space/diskUsage");
  await refused(backlog.getWikis({ projectIdOrKey: "SUB" }), 404, 6, "/api/v2/wikis");
});

test("comments are written, listed, counted, changed and taken away", async () => {
  const { issueKey } = await backlog.postIssue(NEW);
  const made = await backlog.postIssueComments(issueKey, { content: "一\n二", notifiedUserId: [26] });
  assert.equal(made.notifications[0].user.id, 26);
  assert.deepEqual(await backlog.getIssueComments(issueKey, { minId: made.id, maxId: made.id, count: 1, order: "asc" }), [made]);
  assert.deepEqual(await backlog.getIssueCommentsCount(issueKey), { count: 1 });
  const changed = await backlog.patchIssueComment(issueKey, made.id, { content: "three" });
  assert.deepEqual(await backlog.getIssueComment(issueKey, made.id), changed);
  await backlog.deleteIssueComment(issueKey, made.id);
  await refused(backlog.getIssueComment(issueKey, made.id), 404, 6);
});

test("custom fields are listed, demanded and shown", async () => {
  const field = { id: 10, projectKey: "SUB", typeId: 6, name: "Cause", required: true, applicableIssueTypes: [14], items: ["a", "b"] };
  await control("backlog/custom-fields", field);
  const [listed] = await backlog.getCustomFields("SUB");
  assert.deepEqual([listed.name, listed.required, listed.items.length], ["Cause", true, 2]);
  await refused(backlog.postIssue({ ...NEW, issueTypeId: 14 }), 400, 7, "Please enter a value for Cause.");
  const issue = await backlog.postIssue({ ...NEW, issueTypeId: 14, customField_10: [1, 2] });
  assert.deepEqual(issue.customFields[0].value.map(({ name }) => name), ["a", "b"]);
});

test("shared files are listed and read byte by byte", async () => {
  await control("backlog/files", { id: 7, dir: "/資料/", name: '見積 "v1.2"; (最終).pdf', size: 100_000 });
  const [folder] = await backlog.getSharedFiles("SUB", "", { order: "asc", offset: 0, count: 100 });
  assert.deepEqual([folder.type, folder.name], ["directory", "資料"]);
  const [file] = await backlog.getSharedFiles("SUB", encodeURIComponent("資料"));
  assert.deepEqual([file.id, file.size], [7, 100_000]);
  const download = await backlog.getSharedFile("SUB", 7);
  assert.equal(download.filename, file.name);
  let n_bytes = 0;
  for await (const piece of download.body) n_bytes += piece.length;
  assert.equal(n_bytes, 100_000);
});

test("webhooks are registered, changed and taken away", async () => {
  const hook = { name: "tsugite", description: "d", hookUrl: "http://127.0.0.1:1/hook", allEvent: false, activityTypeIds: [8, 9] };
  const { id } = await backlog.postWebhook("SUB", hook);
  const [listed] = await backlog.getWebhooks("SUB");
  assert.deepEqual([listed.id, listed.hookUrl, listed.activityTypeIds], [id, hook.hookUrl, [8, 9]]);
  assert.equal((await backlog.patchWebhook("SUB", String(id), { hookUrl: "https://example.com/" })).hookUrl, "https://example.com/");
  assert.equal((await backlog.getWebhook("SUB", String(id))).name, "tsugite");
  await backlog.deleteWebhook("SUB", String(id));
  assert.deepEqual(await backlog.getWebhooks("SUB"), []);
});

test("planned failures have the shape that the client understands", async () => {
  for (const [status, code] of [[400, 7], [403, 5], [404, 6], [413, 10], [429, 13], [500, 1], [503, 1]]) {
    await control("fail", { service: "backlog", status, times: 1 });
    await refused(backlog.getSpace(), status, code);
  }
  await control("fail", { service: "backlog", status: 502, times: 1, body: "<html>" });
  await assert.rejects(backlog.getSpace(), { _name: "UnexpectedError" });
  assert.ok(calls.length > 60, `${calls.length} calls`);
});
