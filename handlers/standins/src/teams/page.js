// A card as Teams shows it. Source: Microsoft Learn, "Adaptive Cards", its schema and its text features.

// `{{DATE(…)}}` and `{{TIME(…)}}`, which a client writes in its reader's zone.
function withDates(text) {
  return text.replace(/\{\{(DATE|TIME)\(([^,)]+)(?:,\s*(\w+))?\)\}\}/g, (whole, kind, at, form) => {
    const moment = new Date(at);
    if (Number.isNaN(moment.getTime())) return whole;
    if (kind === "TIME") return moment.toLocaleTimeString([], { hour: "numeric", minute: "2-digit", timeZoneName: "short" });
    const forms = { SHORT: { weekday: "short", month: "short" }, LONG: { weekday: "long", month: "long" } };
    return moment.toLocaleDateString([], form in forms ? { ...forms[form], day: "numeric", year: "numeric" } : {});
  });
}

// Bold, italic and links; the rest of Markdown stays as it is written.
function cardInline(text) {
  const found = /\[([^\]\n]+)\]\(([^()\s]+)\)|(\*\*|__)(?=\S)([^\n]*?\S)\3|([*_])(?=\S)([^\n]*?\S)\5/.exec(text);
  if (!found) return [text];
  const [whole, label, address, , strong, , emphasis] = found;
  let node;
  if (label !== undefined) node = link(address, label);
  else if (strong !== undefined) node = element("strong", "", ...cardInline(strong));
  else node = element("em", "", ...cardInline(emphasis));
  return [text.slice(0, found.index), node, ...cardInline(text.slice(found.index + whole.length))];
}

// Lists and paragraphs. A single line break is one in Teams too.
function cardMarkdown(text) {
  const node = element("div", "");
  let list = null;
  for (const line of shortened(withDates(text)).split("\n")) {
    const [, , number, item] = /^(?:([-*])|(\d+)\.)\s+(.*)$/.exec(line) ?? [];
    if (item === undefined) {
      list = null;
      if (line.trim() !== "") node.append(element("p", "", ...cardInline(line)));
      continue;
    }
    const tag = number === undefined ? "ul" : "ol";
    if (list?.localName !== tag) {
      list = element(tag, "");
      if (number !== undefined) list.start = Number(number);
      node.append(list);
    }
    list.append(element("li", "", ...cardInline(item)));
  }
  return node;
}

function lower(value) {
  return typeof value === "string" ? value.toLowerCase() : "";
}

// How a text looks: its size, weight and color, by classes.
function textClasses(part) {
  const size = lower(part.size);
  const color = lower(part.color);
  return [size && "size-" + size, lower(part.weight), color && "color-" + color, part.isSubtle && "subtle",
    lower(part.fontType) === "monospace" && "monospace"].filter(Boolean).join(" ");
}

function textRun(run) {
  if (typeof run === "string") return run;
  const text = shortened(withDates(run.text ?? ""));
  const tag = run.italic ? "em" : run.strikethrough ? "s" : run.underline ? "u" : run.highlight ? "mark" : "span";
  if (run.selectAction?.url) return link(run.selectAction.url, text, textClasses(run));
  return element(tag, textClasses(run), text);
}

function cardAction(action) {
  const title = action.title || action.type;
  return action.type === "Action.OpenUrl" ? link(action.url ?? "", title, "button") : element("span", "button", title);
}

function cardImage(image) {
  return unshown("Image: " + (image.altText || image.url));
}

function cardContent(part) {
  const items = (list) => (list ?? []).map(cardElement);
  switch (part.type) {
    case "TextBlock": {
      const node = cardMarkdown(part.text ?? "");
      node.className = textClasses(part) + (part.wrap ? "" : " no-wrap");
      return node;
    }
    case "RichTextBlock": return element("div", "text", ...(part.inlines ?? []).map(textRun));
    case "FactSet":
      return element("dl", "", ...(part.facts ?? []).flatMap((fact) =>
        [element("dt", "", ...cardInline(fact.title ?? "")), element("dd", "", ...cardInline(withDates(fact.value ?? "")))]));
    case "Container": return element("div", part.style ? "style-" + lower(part.style) : "", ...items(part.items));
    case "ColumnSet":
      return element("div", "columns", ...(part.columns ?? []).map((column) =>
        element("div", lower(column.width) === "auto" ? "auto" : "", ...items(column.items))));
    case "Table":
      return element("table", "", ...(part.rows ?? []).map((row) =>
        element("tr", "", ...(row.cells ?? []).map((cell) => element("td", "", ...items(cell.items))))));
    case "Image": return cardImage(part);
    case "ImageSet": return element("div", "", ...(part.images ?? []).map(cardImage));
    case "ActionSet": return element("div", "", ...(part.actions ?? []).map(cardAction));
    default: return unshown(part.type + " “" + (part.label ?? part.placeholder ?? part.id ?? "") + "”, which this page does not draw");
  }
}

function cardElement(part) {
  const spacing = lower(part.spacing);
  const align = lower(part.horizontalAlignment);
  const classes = ["element", spacing && spacing !== "default" && "space-" + spacing, part.separator && "separator", align && "align-" + align];
  const node = element("div", classes.filter(Boolean).join(" "), cardContent(part));
  // A client draws it only after a person has asked for it.
  node.hidden = part.isVisible === false;
  return node;
}

function teamsCard(content) {
  const node = element("div", lower(content.msteams?.width) === "full" ? "card full" : "card", ...(content.body ?? []).map(cardElement));
  if (content.actions?.length) node.append(element("div", "element", ...content.actions.map(cardAction)));
  return node;
}

function teamsMessage(stored) {
  const cards = stored.payload.attachments.map((attachment) => teamsCard(attachment.content));
  return element("li", "entry", element("p", "sender", element("b", "", "Workflows"), clock(stored.at)), ...cards);
}

products.teams = { title: "Teams", list: "cards", one: "card", many: "cards", build: teamsMessage };
