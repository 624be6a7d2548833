// A message as Slack shows it. Source: docs.slack.dev, "Formatting message text" and the reference of blocks.

const SLACK_COLORS = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

// Slack's three escapes; no other reference of HTML means anything there.
function unescaped(text) {
  return text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);
}

// The name of an emoji, which Slack shows as its picture; marked, because here it stays a name.
function withEmoji(text) {
  return text.split(/(:[a-z0-9_+'-]+(?:::skin-tone-[2-6])?:)/).map((part, n) => {
    if (n % 2 === 0 || /^:[0-9]+:$/.test(part)) return part;
    const node = element("span", "emoji", part);
    node.title = "Slack shows this emoji";
    return node;
  });
}

// What stands between angle brackets: a mention, a date or a link.
function control(inner, verbatim) {
  const [target, ...rest] = inner.split("|");
  const label = rest.join("|");
  if (target.startsWith("@") || target.startsWith("#")) return element("span", "mention", unescaped(label ? target[0] + label : target));
  if (target.startsWith("!date^")) return element("span", "", unescaped(label || target));
  if (target.startsWith("!subteam^")) return element("span", "mention", unescaped(label || "@group"));
  // These call everybody.
  if (target.startsWith("!")) return element("span", "mention loud", "@" + unescaped(label || target.slice(1)));
  const node = link(unescaped(target), "");
  node.append(...(label ? emphasized(label, verbatim) : [unescaped(target)]));
  return node;
}

const STYLES = { "*": "strong", "_": "em", "~": "s" };

// Bold, italic and struck text, whose marks stand at the edge of words; links and escapes.
function emphasized(text, verbatim) {
  const found = /<([^<>\n]+)>|(^|[\s([{"'.,:;!?*_~>-])([*_~])(?=\S)([^\n]*?\S)\3(?=$|[\s)\]}"'.,:;!?*_~<-])|`([^`\n]+)`/.exec(text);
  if (!found) return verbatim ? plain(text) : linked(text);
  const [whole, inner, before, mark, marked, code] = found;
  const head = text.slice(0, found.index) + (before ?? "");
  let node;
  if (inner !== undefined) node = control(inner, verbatim);
  else if (code !== undefined) node = element("code", "", unescaped(code));
  else node = element(STYLES[mark], "", ...emphasized(marked, verbatim));
  return [...emphasizedHead(head, verbatim), node, ...emphasized(text.slice(found.index + whole.length), verbatim)];
}

// What stands before the first mark has none itself.
function emphasizedHead(text, verbatim) {
  return verbatim ? plain(text) : linked(text);
}

function plain(text) {
  return withEmoji(unescaped(text));
}

// Slack makes links of addresses by itself, unless the text is verbatim.
function linked(text) {
  return text.split(/(\bhttps?:\S+[^\s.,:;!?)>\]'"])/).flatMap((part, n) =>
    n % 2 ? [link(unescaped(part), unescaped(part))] : plain(part));
}

// A text in Slack's own markup: blocks of code, quotes, and lines.
function mrkdwn(text, verbatim) {
  const parts = shortened(text).split(/```\n?([\s\S]*?)\n?```\n?/);
  const node = element("div", "text");
  parts.forEach((part, n) => {
    if (n % 2) return node.append(element("pre", "", unescaped(part)));
    for (const piece of part.split(/((?:^&gt;.*(?:\n|$))+)/m)) {
      if (!piece) continue;
      if (!/^&gt;/.test(piece)) node.append(...emphasized(piece, verbatim));
      else node.append(element("blockquote", "", ...emphasized(piece.replace(/^&gt; ?/gm, "").replace(/\n$/, ""), verbatim)));
    }
  });
  return node;
}

// A text object of a block.
function slackText(object) {
  if (object?.type === "mrkdwn") return mrkdwn(object.text ?? "", object.verbatim === true);
  const text = unescaped(shortened(object?.text ?? ""));
  return element("div", "text", ...(object?.emoji === false ? [text] : withEmoji(text)));
}

function richText(part) {
  const inner = () => (part.elements ?? []).map(richText);
  const style = part.style ?? {};
  switch (part.type) {
    case "rich_text_section": return element("div", "text", ...inner());
    case "rich_text_preformatted": return element("pre", "", ...inner());
    case "rich_text_quote": return element("blockquote", "text", ...inner());
    case "rich_text_list": return element(style === "ordered" ? "ol" : "ul", "", ...inner().map((item) => element("li", "", item)));
    case "link": return link(part.url ?? "", part.text ?? part.url ?? "");
    case "emoji": return element("span", "emoji", ":" + part.name + ":");
    case "user": case "channel": case "usergroup": return element("span", "mention", "@" + (part.user_id ?? part.channel_id ?? part.usergroup_id));
    case "broadcast": return element("span", "mention loud", "@" + part.range);
    default: {
      const tag = style.code ? "code" : style.bold ? "strong" : style.italic ? "em" : style.strike ? "s" : "span";
      return element(tag, "", part.text ?? "");
    }
  }
}

function slackImage(image) {
  return unshown("Image: " + (image.alt_text || image.image_url || "without a text"));
}

function slackBlock(block) {
  switch (block.type) {
    case "header": return element("h3", "", slackText(block.text));
    case "divider": return element("hr", "");
    case "image": return slackImage(block);
    case "rich_text": return element("div", "", ...(block.elements ?? []).map(richText));
    case "context":
      return element("div", "context", ...(block.elements ?? []).map((part) => part.type === "image" ? slackImage(part) : slackText(part)));
    case "actions":
      return element("div", "", ...(block.elements ?? []).map((part) => element("span", "button", part.text?.text ?? part.type)));
    case "section": {
      const node = element("div", "");
      if (block.text) node.append(slackText(block.text));
      if (block.fields) node.append(element("div", "fields", ...block.fields.map((field) => element("div", "", slackText(field)))));
      if (block.accessory) {
        node.append(block.accessory.type === "image" ? slackImage(block.accessory)
          : element("span", "button", block.accessory.text?.text ?? block.accessory.type));
      }
      return node;
    }
    default: return unshown("Block of type " + block.type + ", which this page cannot show");
  }
}

// An attachment with its bar; the old members are drawn where there are no blocks.
function slackAttachment(attachment) {
  const node = element("div", "attachment");
  const color = SLACK_COLORS[attachment.color] ?? (/^#?[0-9a-f]{6}$/i.test(attachment.color ?? "") ? "#" + attachment.color.replace("#", "") : "");
  node.style.borderLeftColor = color;
  if (attachment.blocks?.length) {
    node.append(...attachment.blocks.map(slackBlock));
    return node;
  }
  const { author_name: author, title, title_link: address, text, fields, footer, ts } = attachment;
  if (author) node.append(element("p", "context", author));
  if (title) node.append(element("p", "", address ? link(address, unescaped(title)) : element("b", "", unescaped(title))));
  if (text) node.append(mrkdwn(text, false));
  if (fields) {
    node.append(element("div", "fields", ...fields.map((field) =>
      element("div", field.short ? "" : "wide", element("b", "", unescaped(field.title ?? "")), mrkdwn(String(field.value ?? ""), false)))));
  }
  if (!title && !text && !fields && attachment.fallback) node.append(mrkdwn(attachment.fallback, false));
  if (footer || ts) node.append(element("p", "context", [footer, ts && new Date(ts * 1000).toISOString()].filter(Boolean).join(" · ")));
  return node;
}

// The whole message. With blocks, the text is what a notification shows, and not in the channel.
function slackMessage(stored) {
  const { text, blocks, attachments } = stored.payload;
  const content = element("div", "", element("p", "sender", element("b", "", "Incoming webhook"), element("span", "app", "APP"), clock(stored.at)));
  if (blocks?.length) content.append(...blocks.map(slackBlock));
  else if (text) content.append(mrkdwn(text, false));
  for (const attachment of attachments ?? []) {
    if (attachment.pretext) content.append(mrkdwn(attachment.pretext, false));
    content.append(slackAttachment(attachment));
  }
  const avatar = element("span", "avatar", "T");
  avatar.ariaHidden = "true";
  return element("li", "entry message", avatar, content);
}

products.slack = { title: "Slack", list: "messages", one: "message", many: "messages", build: slackMessage };
