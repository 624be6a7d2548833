// What Bytebase counts; it holds no list.

products.bytebase = {
  title: "Bytebase",
  count: (held) => held.logins,
  words: (held) => held.logins + held.failed + held.projects_served === 0 ? "" : [
    counted(held.logins, "login", "logins"), held.failed + " refused",
    counted(held.projects_served, "project", "projects") + " served of " + held.projects].join(", "),
};
