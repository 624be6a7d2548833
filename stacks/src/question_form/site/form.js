// What the form says, checks, sends and keeps.
"use strict";

const ENDPOINT = "/api/questions";
const TEXT_LIMIT = 4000;
const PATIENCE_MILLISECONDS = 20000;
const DRAFT = "question-form-draft";

// Every text of the page, by the reader's language; the words of refusals are those of the API.
const TEXTS = {
  ja: {
    title: "質問フォーム",
    lead: "コースの内容についての質問を、講師に送れます。",
    project: "プロジェクト ID",
    projectHint: "講師から案内された ID（例:\u00a0AWS-101）",
    question: "質問",
    questionHint: "知りたいことや試したこと、表示されたエラーなどを書いてください。",
    count: (n, limit) => `${n} / ${limit} 文字`,
    over: (n) => `あと ${n} 文字減らしてください`,
    send: "質問を送る",
    sending: "送信しています…",
    done: "質問を受け付けました",
    doneNote: "講師に届くまで、少し時間がかかることがあります。お問い合わせのときは、この受付番号をお伝えください。",
    number: "受付番号",
    copy: "番号をコピー",
    copied: "コピーしました",
    copyByHand: "コピーできませんでした。選択されている番号を、手でコピーしてください。",
    again: "続けて質問する",
    failed: "質問を送れませんでした",
    unsure: "質問が届いたかどうか、確認できませんでした",
    kept: "入力した内容は、このページに残っています。",
    status: (code) => `応答コード: ${code}`,
    problems: {
      no_project: "プロジェクト ID を入力してください。",
      project_id: "プロジェクト ID を、半角の英数字と「-」「_」で入力してください（64 文字まで）。",
      blank: "質問を入力してください。",
      too_long: (limit) => `質問は ${limit} 文字までです。短くするか、分けて送ってください。`,
      offline: "インターネットに接続されていません。接続を確かめてから、もう一度送ってください。",
      unreachable: "サーバーと通信できませんでした。少し待ってから、もう一度送ってください。",
      timeout: (seconds) => `${seconds} 秒待ちましたが、応答がありませんでした。質問は届いている可能性があり、もう一度送ると重複することがあります。`,
      busy: "質問が集中しています。1 分ほど待ってから、もう一度送ってください。",
      daily_limit: "今日受け付けられる質問の数が上限に達しました。明日もう一度送ってください。お急ぎのときは、講師に直接ご連絡ください。",
      broken: "サーバーの問題で、受け付けられませんでした。少し待ってから、もう一度送ってください。",
      outdated: "このページが古くなっている可能性があります。ページを再読み込みしてから、もう一度送ってください。",
      refused: "サーバーに受け付けられませんでした。続くときは、講師に知らせてください。",
      strange: "サーバーの応答が正しくありませんでした。少し待ってから、もう一度送ってください。",
    },
  },
  en: {
    title: "Ask a question",
    lead: "Send the instructor a question about the course.",
    project: "Project ID",
    projectHint: "The ID that your instructor gave you, for example AWS-101",
    question: "Question",
    questionHint: "Tell us what you want to know, what you tried, and any error that you see.",
    count: (n, limit) => `${n} of ${limit} characters`,
    over: (n) => `${n} too many`,
    send: "Send question",
    sending: "Sending…",
    done: "We have your question",
    doneNote: "It may take a moment to reach the instructor. If you contact us about it, please tell us this number.",
    number: "Your number",
    copy: "Copy the number",
    copied: "Copied",
    copyByHand: "It could not be copied. The number is selected: copy it by hand.",
    again: "Ask another question",
    failed: "Your question was not sent",
    unsure: "We do not know whether your question arrived",
    kept: "What you typed is still on this page.",
    status: (code) => `Status code: ${code}`,
    problems: {
      no_project: "Enter your project ID.",
      project_id: "Enter a project ID of up to 64 letters, digits, “-” and “_”.",
      blank: "Enter your question.",
      too_long: (limit) => `A question can have up to ${limit} characters. Shorten it, or send it in parts.`,
      offline: "You are not connected to the internet. Check your connection, then send again.",
      unreachable: "The connection to the server failed. Wait a moment, then send again.",
      timeout: (seconds) => `There was no answer within ${seconds} seconds. Your question may have arrived all the same; if you send it again, it may arrive twice.`,
      busy: "Many questions are coming in. Wait about a minute, then send again.",
      daily_limit: "The number of questions for today has reached its limit. Send your question again tomorrow. If it is urgent, contact your instructor directly.",
      broken: "The server has a problem and did not take your question. Wait a moment, then send again.",
      outdated: "This page may be out of date. Reload it, then send again.",
      refused: "The server did not accept your question. If this goes on, please tell your instructor.",
      strange: "The server's answer was not a proper one. Wait a moment, then send again.",
    },
  },
};

const language = chooseLanguage(navigator.languages);
const texts = TEXTS[language];
const find = (id) => document.getElementById(id);
const form = find("form");
const project = find("project");
const text = find("text");
const linked = new URLSearchParams(location.search).get("project_id") ?? "";
let sending = false;
let isOver = false;

start();

function start() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
  for (const node of document.querySelectorAll("[data-label]")) node.ariaLabel = texts[node.dataset.label];
  restore();
  count();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  form.addEventListener("input", () => {
    keep();
    count();
    takeBackWhatIsRight();
  });
  project.addEventListener("change", tidyProject);
  find("copy").addEventListener("click", copyNumber);
  find("again").addEventListener("click", askAnother);
  find("waiting").hidden = true;
  find("send").disabled = false;
}

// The first of the reader's languages that the page speaks; else English, which most others can read.
function chooseLanguage(wanted) {
  const known = wanted.map((tag) => tag.split("-")[0].toLowerCase()).filter((tag) => tag in TEXTS);
  return known[0] ?? (wanted.length > 0 ? "en" : "ja");
}

async function ask() {
  if (sending) return;
  tidyProject();
  const problems = check(project.value, text.value);
  if (problems.length > 0) return showWrong(problems);
  showWrong([]);
  setSending(true);
  let outcome;
  try {
    outcome = await post({ project_id: project.value, text: wellFormed(text.value) });
  } finally {
    setSending(false);
  }
  if (outcome.number !== undefined) return showDone(outcome.number);
  if (fieldOf(outcome.problem)) return showWrong([outcome.problem]);
  showFailure(outcome.problem, outcome.status);
}

// The rules of the API, told before it has to; it judges all the same.
function check(projectId, question) {
  const problems = [];
  if (projectId === "") problems.push("no_project");
  else if (!/^[A-Za-z0-9_-]{1,64}$/.test(projectId)) problems.push("project_id");
  if (/^[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u.test(question)) problems.push("blank");
  if (length(question) > TEXT_LIMIT) problems.push("too_long");
  return problems;
}

// Posts a question; gives its number, or the name of a problem.
async function post(question) {
  // Only if the connection was gone before is it certain that nothing was sent.
  const connected = navigator.onLine;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MILLISECONDS);
  try {
    const answer = await fetch(ENDPOINT, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question),
      mode: "same-origin",
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      signal: patience.signal,
    });
    return judge(answer.status, parse(await answer.text()));
  } catch {
    if (patience.signal.aborted) return { problem: "timeout" };
    return { problem: connected ? "unreachable" : "offline" };
  } finally {
    clearTimeout(timer);
  }
}

// Only a number is an acceptance: a 200 may be the error page of something in between.
function judge(status, answer) {
  const isText = (value) => typeof value === "string" && value !== "";
  if (status === 200 && isText(answer?.id) && isText(answer.number)) return { number: answer.number };
  const problem = () => {
    if (status === 400 && fieldOf(answer?.code)) return answer.code;
    if (status === 413) return "too_long";
    if (status === 400 || status === 415) return "outdated";
    if (status === 429) return answer?.code === "daily_limit" ? "daily_limit" : "busy";
    // A gateway that lost the answer says nothing about the question.
    if (status === 502 || status === 504) return "strange";
    if (status >= 500) return "broken";
    return status >= 400 ? "refused" : "strange";
  };
  return { problem: problem(), status };
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

// The field that a problem is about, if it is about one.
function fieldOf(problem) {
  if (problem === "project_id" || problem === "no_project") return project;
  return problem === "blank" || problem === "too_long" ? text : undefined;
}

function describe(problem) {
  const words = texts.problems[problem];
  if (typeof words !== "function") return words;
  return words(number(problem === "timeout" ? PATIENCE_MILLISECONDS / 1000 : TEXT_LIMIT));
}

// Says at the fields what is wrong and leads to the first of them, or takes it away when nothing is.
function showWrong(problems) {
  find("failure").hidden = true;
  for (const field of [project, text]) mark(field, problems.find((problem) => fieldOf(problem) === field));
  if (problems.length > 0) fieldOf(problems[0]).focus();
}

function mark(field, problem) {
  const wrong = find(`${field.id}-wrong`);
  wrong.textContent = problem ? describe(problem) : "";
  wrong.hidden = !problem;
  if (problem) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

// A complaint goes as soon as there is nothing to complain about; a new one waits for the button.
function takeBackWhatIsRight() {
  const left = check(tidied(project.value), text.value).map(fieldOf);
  for (const field of [project, text]) if (!left.includes(field)) mark(field);
}

// Says why nothing was sent, or that nobody knows whether it was.
function showFailure(problem, status) {
  const isUnsure = ["strange", "timeout", "unreachable"].includes(problem);
  find("failure-title").textContent = isUnsure ? texts.unsure : texts.failed;
  find("failure-text").textContent = describe(problem);
  find("failure-note").textContent = status ? `${texts.kept} (${texts.status(status)})` : texts.kept;
  find("failure").hidden = false;
  find("failure").focus();
  find("failure").scrollIntoView({ block: "nearest" });
}

function showDone(number) {
  forget();
  text.value = "";
  count();
  find("number").textContent = number;
  sayCopied("copy");
  form.hidden = true;
  find("done").hidden = false;
  find("done-title").focus();
}

// Copies the number; where the browser does not let the page, the number is selected for the reader.
async function copyNumber() {
  try {
    await navigator.clipboard.writeText(find("number").textContent);
    sayCopied("copied");
  } catch {
    getSelection().selectAllChildren(find("number"));
    sayCopied("copyByHand");
  }
}

// What the button says of the copy; whoever does not see it hears it.
function sayCopied(word) {
  const isByHand = word === "copyByHand";
  find("copy").textContent = texts[isByHand ? "copy" : word];
  find("copy").classList.toggle("copied", word === "copied");
  find("by-hand").textContent = isByHand ? texts.copyByHand : "";
  find("by-hand").hidden = !isByHand;
  find("status").textContent = word === "copy" ? "" : texts[word];
}

function askAnother() {
  find("done").hidden = true;
  form.hidden = false;
  keep();
  text.focus();
}

// The button is not disabled meanwhile, because it would lose the focus.
function setSending(is) {
  sending = is;
  project.readOnly = is;
  text.readOnly = is;
  form.ariaBusy = String(is);
  find("send").ariaDisabled = String(is);
  find("send").textContent = is ? texts.sending : texts.send;
  find("status").textContent = is ? texts.sending : "";
}

function count() {
  const n = length(text.value);
  const excess = Math.max(0, n - TEXT_LIMIT);
  find("count-number").textContent = texts.count(number(n), number(TEXT_LIMIT));
  find("count-over").textContent = excess > 0 ? texts.over(number(excess)) : "";
  find("count").classList.toggle("over", excess > 0);
  // Said once when the limit is passed, and not with every letter.
  if ((excess > 0) !== isOver) find("status").textContent = excess > 0 ? describe("too_long") : "";
  isOver = excess > 0;
}

// Code points of what the API keeps of a text.
function length(question) {
  const breaks = question.replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n");
  return [...breaks.replace(/[^\P{Cc}\n\t]|[\ufffe\uffff]/gu, "")].length;
}

// Half of a pair of surrogates cannot be written as UTF-8.
function wellFormed(question) {
  return question.replace(/\p{Surrogate}/gu, "\ufffd");
}

// Japanese keyboards give wide letters, and several characters that look like a hyphen.
function tidied(projectId) {
  return projectId.normalize("NFKC").trim().replace(/[\u2010-\u2015\u2212\u30fc]/g, "-");
}

function tidyProject() {
  project.value = tidied(project.value);
  keep();
}

// What is typed survives a reload; a new link with another project prevails over it.
function keep() {
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify({ linked, project: project.value, text: text.value }));
  } catch {
    // Without storage, the page itself still keeps it.
  }
}

function restore() {
  project.value = linked;
  try {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT));
    if (draft === null) return;
    if (draft.linked === linked) project.value = draft.project;
    text.value = draft.text;
  } catch {
    // Neither is a draft needed.
  }
}

function forget() {
  try {
    sessionStorage.removeItem(DRAFT);
  } catch {
    // There was no storage to keep it in.
  }
}

function number(n) {
  return n.toLocaleString(language);
}
