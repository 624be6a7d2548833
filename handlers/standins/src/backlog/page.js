// An issue as Backlog shows it, with its comments and changes.

function paragraphs(texts) {
  return texts.filter((text) => text).map((text) => element("p", "", shortened(String(text))));
}

function change(log) {
  return log.field + ": " + (log.originalValue ?? "none") + " → " + (log.newValue ?? "none");
}

function issueEntry(stored) {
  const chips = [stored.issueType, stored.priority, stored.status]
    .filter((word) => word).map((word) => element("span", "chip turn", word.name));
  const comments = (stored.comments ?? []).map((comment) => element("div", "comment",
    clock(comment.created), ...paragraphs([comment.content, ...(comment.changeLog || []).map(change)])));
  return element("li", "entry",
    element("h3", "", element("span", "method", stored.issueKey), stored.summary, ...chips, stored.created ? clock(stored.created) : ""),
    ...paragraphs([stored.description]), ...comments);
}

products.backlog = { title: "Backlog", list: "issues", one: "issue", many: "issues", keyOf: (issue) => issue.issueKey, build: issueEntry };
