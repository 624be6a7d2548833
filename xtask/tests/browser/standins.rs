//! The page of the stand-ins: what handlers sent, as the products show it, and one event on its way.

use super::axe::{findings, finds_nothing};
use super::page::{Browser, ENTER, TAB};
use serde_json::{Value as Json, json};
use standins::{Keys, Standins};
use std::time::{SystemTime, UNIX_EPOCH};

const ZONE: &str = "Asia/Tokyo";

/// Stand-ins of their own, and a client that calls them.
struct Stage {
    tokio: tokio::runtime::Runtime,
    standins: Standins,
    client: reqwest::Client,
}

impl Stage {
    fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let standins = tokio.block_on(Standins::start(0, Keys::sample(), None)).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { tokio, standins, client }
    }

    fn post(&self, url: &str, body: &Json) {
        let answer = self.tokio.block_on(self.client.post(url).json(body).send()).unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{url}: {status} {}", self.tokio.block_on(answer.text()).unwrap());
    }

    fn slack(&self, message: &Json) {
        self.post(&self.standins.secret("SLACK_WEBHOOK_URL"), message);
    }

    fn teams(&self, body: &Json, more: Json) {
        let mut card = json!({"type": "AdaptiveCard", "version": "1.4", "body": body});
        card.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let attachment = json!({"contentType": "application/vnd.microsoft.card.adaptive", "content": card});
        self.post(
            &self.standins.secret("TEAMS_WORKFLOW_URL"),
            &json!({"type": "message", "attachments": [attachment]}),
        );
    }

    fn tell(&self, invocations: &Json) {
        self.post(&format!("{}/_control/journal", self.standins.url()), &json!({"invocations": invocations}));
    }

    /// The page in a browser, once it has drawn what there is.
    fn page(&self) -> Browser {
        let browser = Browser::start("en");
        browser.live_in(ZONE);
        browser.open(&self.standins.url());
        browser.wait_until("the page is live", || browser.text("#state") == "Live");
        browser
    }

    /// More of everything than fits a screen.
    fn fill(&self) {
        for n in 0..12 {
            self.slack(&alarm(&format!("Alarm {n}")));
            // Slack takes one a second, and some at once.
            if n % 8 == 7 {
                std::thread::sleep(std::time::Duration::from_secs(1));
            }
            self.teams(&json!([{"type": "TextBlock", "text": format!("Card {n}"), "wrap": true}]), json!({}));
        }
        let queued = line(now(), "info", "queued", "m-1");
        let retrying = line(now(), "warn", "retrying", "m-1");
        self.tell(&json!([
            request("r-1", 200, &[queued]),
            delivery("r-2", 1, now(), now(), &[retrying]),
            request("r-3", 401, &[line(now(), "warn", "rejected", "")]),
        ]));
    }
}

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A line as `runtime` writes it; its words are not what the page goes by.
fn line(at: u64, level: &str, trace: &str, id: &str) -> String {
    json!({
        "at_ms": at, "level": level, "message": format!("words of {trace}"), "message_id": id, "trace": trace,
        "reason": "Slack answered 429", "result": "shown", "status": 200, "delivery": 1, "after_seconds": 9,
    })
    .to_string()
}

fn request(id: &str, status: u16, lines: &[String]) -> Json {
    let function = "tsugite-local-sns-slack-WebhookReceiver";
    let request = json!({"method": "POST", "resource": "/{token}", "status": status});
    json!({"id": id, "function": function, "began": now() - 9, "ended": now(), "request": request, "lines": lines})
}

fn delivery(id: &str, count: u32, began: u64, ended: u64, lines: &[String]) -> Json {
    let message = json!({"id": "m-1", "queue": "tsugite-local-sns-slack-Notices", "sent": began - 20, "count": count});
    json!({
        "id": id, "function": "tsugite-local-sns-slack-SlackNotifier", "process": std::process::id(),
        "began": began, "ended": ended, "messages": [message], "lines": lines,
    })
}

/// A message as the notifier makes one, with texts in which nothing is to be formatted, and escapes.
fn alarm(title: &str) -> Json {
    let marked = |text: &str| json!({"type": "mrkdwn", "text": text, "verbatim": true});
    json!({
        "text": "what a telephone shows",
        "blocks": [{"type": "header", "text": {"type": "plain_text", "text": title, "emoji": false}}],
        "attachments": [{"color": "#d13212", "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": "5 &gt; 1 &amp;amp; *plain*", "emoji": false}},
            {"type": "section", "fields": [marked("*State*\nALARM"), marked("*Metric*\nSUM &gt; 5 of `x`")]},
            {"type": "section", "text": marked("```\n{\"a\": \"&lt;b&gt; *c*\"}\n```")},
            {"type": "section", "text": marked("<https://console.aws.amazon.com/x?a=1&amp;b=2|Open the alarm>")},
            {"type": "context", "elements": [{"type": "plain_text", "text": "111122223333", "emoji": false}]},
        ]}],
    })
}

#[test]
fn a_message_looks_as_in_slack() {
    let stage = Stage::start();
    stage.slack(&alarm("ALARM: a &lt;b&gt;"));
    let browser = stage.page();
    let shown = "const at = document.querySelector(arguments[0]); return at && at.innerText";
    let text = |selector: &str| browser.execute(shown, &[json!(format!("#slack .message {selector}"))]);
    assert_eq!(text("h3"), "ALARM: a <b>");
    let whole = text("").as_str().unwrap_or_default().to_owned() + browser.text("#slack .message").as_str();
    assert!(!whole.contains("what a telephone shows"), "with blocks, Slack shows the text in notifications only");
    assert!(
        whole.contains("5 > 1 &amp; *plain*"),
        "an escape is undone once, and plain text is not formatted: {whole}"
    );
    assert_eq!(text(".fields strong"), "State");
    assert!(whole.contains("SUM > 5 of x") && text("code") == "x", "{whole}");
    assert_eq!(text("pre"), "{\"a\": \"<b> *c*\"}");
    assert_eq!(text("a"), "Open the alarm");
    let link = browser.execute("return document.querySelector('#slack a').href", &[]);
    assert_eq!(link, "https://console.aws.amazon.com/x?a=1&b=2");
    let bar = "return getComputedStyle(document.querySelector('.attachment')).borderLeftColor";
    assert_eq!(browser.execute(bar, &[]), "rgb(209, 50, 18)");
    assert_eq!(text(".context"), "111122223333");
    browser.picture("standins-slack");
    is_clean(&browser);
}

#[test]
fn mentions_marks_and_old_attachments_look_as_in_slack() {
    // A text, what is marked in it by which element, and what a reader sees.
    let cases: [(&str, &str, &[&str], &str); 6] = [
        ("*a* b*c*d 2 * 3 * 4 (*e*)", "strong", &["a", "e"], "a b*c*d 2 * 3 * 4 (e)"),
        ("_a_ snake_case_name ~b~ *_c_*", "em", &["a", "c"], "a snake_case_name b c"),
        ("<!channel> <@U1|taro> &lt;!here&gt;", ".mention", &["@channel", "@taro"], "@channel @taro <!here>"),
        ("&gt; a *b*\n&gt; c\nd", "blockquote", &["a b\nc"], "a b\nc\nd"),
        ("<javascript:alert(1)|x> <img src=y>", "a, img", &[], "x img src=y"),
        (":tada: 10:30:00", ".emoji", &[":tada:"], ":tada: 10:30:00"),
    ];
    let stage = Stage::start();
    for (text, ..) in cases {
        stage.slack(&json!({"text": text}));
    }
    let field = json!({"title": "Priority", "value": "*High*", "short": true});
    stage.slack(&json!({"attachments": [{
        "color": "danger", "pretext": "before", "title": "T", "title_link": "https://example.com/", "text": "t",
        "fields": [field], "footer": "foot", "fallback": "only where nothing else is",
    }]}));
    let browser = stage.page();
    browser.click("#slack > button");
    let found = "const shown = [...document.querySelectorAll('#slack .message')].reverse()[arguments[0]].querySelector('.text');
        return [[...shown.querySelectorAll(arguments[1])].map(node => node.textContent), shown.innerText]";
    for (place, (text, tag, marked, whole)) in cases.into_iter().enumerate() {
        assert_eq!(browser.execute(found, &[json!(place), json!(tag)]), json!([marked, whole]), "{text}");
    }
    let old = browser.text("#slack .message");
    assert_eq!(old.lines().skip(4).collect::<Vec<_>>().join("|"), "before|T|t|Priority|High|foot");
    is_clean(&browser);
}

#[test]
fn a_card_looks_as_in_teams() {
    let stage = Stage::start();
    let run = |text: &str| json!({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text}]});
    let facts = json!([{"title": "Board", "value": "**b**"}]);
    stage.teams(
        &json!([
            {"type": "TextBlock", "text": "**Bold** _it_ [link](https://example.com/)\n\n- one\n- two", "wrap": true},
            {"type": "TextBlock", "text": "Title", "weight": "Bolder", "size": "Large", "color": "Attention"},
            run("**not** bold [x](https://example.com)"), run("\u{a0}"),
            {"type": "FactSet", "facts": facts},
            {"type": "Image", "url": "https://elsewhere.example/x.png", "altText": "a cat"},
            {"type": "TextBlock", "text": "hidden", "isVisible": false},
            {"type": "Input.Text", "id": "answer"},
        ]),
        json!({"msteams": {"width": "Full"}, "actions": [{"type": "Action.OpenUrl", "title": "Go", "url": "https://example.com/"}]}),
    );
    let browser = stage.page();
    let card = browser.text("#teams .card");
    let lines: Vec<&str> = card.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let expected = [
        "Bold it link",
        "one",
        "two",
        "Title",
        "**not** bold [x](https://example.com)",
        "Board",
        "b",
        "Image: a cat",
        "Input.Text “answer”, which this page does not draw",
        "Go",
    ];
    assert_eq!(lines, expected);
    let counts =
        "return ['strong', 'em', 'li', 'a', 'img'].map(tag => document.querySelectorAll('.card ' + tag).length)";
    assert_eq!(browser.execute(counts, &[]), json!([2, 1, 2, 2, 0]));
    assert!(browser.is_shown(".card.full"));
    browser.picture("standins-teams");
    is_clean(&browser);
}

#[test]
fn everybody_can_use_the_page() {
    let stage = Stage::start();
    stage.fill();
    let browser = stage.page();
    finds_nothing(&browser, "as it opens");
    browser.execute("document.querySelectorAll('.list > button').forEach(button => button.click())", &[]);
    browser.execute("document.querySelectorAll('details').forEach(details => details.open = true)", &[]);
    browser.wait_for("#journeys .lines");
    for width in [1280, 320] {
        browser.narrow_to(width);
        browser.prefer_dark();
        finds_nothing(&browser, &format!("everything opened, dark, {width} px"));
        let widths = browser.execute("return [document.documentElement.scrollWidth, innerWidth]", &[]);
        assert_eq!(widths, json!([width, width]));
        browser.picture(&format!("standins-{width}-dark"));
        browser.prefer_light();
        finds_nothing(&browser, &format!("everything opened, light, {width} px"));
        browser.picture(&format!("standins-{width}-light"));
    }
    // Nothing scrolls by itself, so that who has no mouse sees the whole.
    let scrolling = "return [...document.querySelectorAll('main *')]
        .filter(node => ['auto', 'scroll'].includes(getComputedStyle(node).overflowY)).map(node => node.className)";
    assert_eq!(browser.execute(scrolling, &[]), json!([]));
    is_clean(&browser);
}

#[test]
fn axe_finds_a_planted_fault() {
    let stage = Stage::start();
    stage.fill();
    let browser = stage.page();
    let faults = [
        ("image-alt", "document.body.append(new Image())"),
        (
            "scrollable-region-focusable",
            "const list = document.querySelector('#teams ol'); list.style.height = '3rem'; list.style.overflow = 'auto'",
        ),
        ("color-contrast", "document.querySelector('h1').style.color = 'silver'"),
    ];
    for (rule, spoil) in faults {
        browser.execute(spoil, &[]);
        let found = findings(&browser);
        assert!(found.iter().any(|line| line.contains(rule) && !line.starts_with("minor")), "{rule}: {found:?}");
    }
}

#[test]
fn the_keyboard_reaches_the_rest_of_a_list_and_the_address_is_one_line() {
    let stage = Stage::start();
    stage.fill();
    let browser = stage.page();
    let n_shown = |list: &str| {
        browser.execute("return document.querySelectorAll(arguments[0] + ' > ol > li').length", &[json!(list)])
    };
    assert_eq!((n_shown("#slack"), n_shown("#calls")), (json!(5), json!(20)));
    let is_there =
        "return document.activeElement.parentElement.id === 'slack' && document.activeElement.localName === 'button'";
    for _ in 0..200 {
        if browser.execute(is_there, &[]) == json!(true) {
            break;
        }
        browser.press(TAB);
    }
    browser.press(ENTER);
    assert_eq!(n_shown("#slack"), 12);
    let next = "const at = document.activeElement.closest('li'); return [...at.parentElement.children].indexOf(at)";
    assert_eq!(browser.execute(next, &[]), json!(5), "the focus follows what was added");

    let heights = "return new Set([...document.querySelectorAll('#calls summary')].map(row => row.offsetHeight)).size";
    assert_eq!(browser.execute(heights, &[]), json!(1), "no address wraps");
    browser.click("#calls summary");
    browser.wait_for("#calls .more");
    let said = browser.text("#calls .more");
    assert!(said.contains("/triggers/manual/paths/invoke?api-version=") && said.contains("sig=redacted"), "{said}");
    is_clean(&browser);
}

#[test]
fn a_time_has_a_zone() {
    let stage = Stage::start();
    stage.fill();
    let browser = stage.page();
    let times = browser.execute(
        "return [...document.querySelectorAll('#calls time, #slack time, #teams time, #journeys time')]
            .map(time => time.textContent)",
        &[],
    );
    let times = times.as_array().unwrap();
    assert!(times.len() > 20 && times.iter().all(|time| time.as_str().unwrap().ends_with(" +09:00")), "{times:?}");
}

#[test]
fn an_event_is_followed_to_its_call_by_the_keyboard() {
    let stage = Stage::start();
    // From now on, the stand-ins look whose a call is: all of these are of this test's own process.
    stage.tell(&json!([]));
    let began = now();
    stage.slack(&alarm("followed"));
    let ended = now();
    let told = |trace: &str| line(ended, "info", trace, "m-1");
    stage.tell(&json!([
        request("r-1", 200, &[line(began, "info", "queued", "m-1")]),
        delivery("r-2", 1, began, ended, &[told("received"), told("done")]),
    ]));
    std::thread::sleep(std::time::Duration::from_millis(200));
    stage.slack(&alarm("of no event"));
    let browser = stage.page();
    assert_eq!(browser.text("#journeys .chip"), "done");
    assert_eq!(
        browser.text("#journeys .way").replace('\n', " "),
        "POST /{token} → Notices → SlackNotifier → slack".replace("→ ", "")
    );
    browser.execute("document.querySelector('#journeys summary').focus()", &[]);
    browser.press(ENTER);
    browser.wait_for("#journeys .hops");
    let kinds =
        browser.execute("return [...document.querySelectorAll('.hop .kind')].map(node => node.textContent)", &[]);
    assert_eq!(kinds, json!(["endpoint", "queue", "function", "call"]));
    let said = browser.text("#journeys .more");
    for words in
        ["POST /{token}", "200", "Notices", "waited 20 ms", "SlackNotifier", "received", "done", "/slack/services/"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    browser.picture("standins-event");
    // The call leads to what was sent.
    browser.press(TAB);
    browser.press(ENTER);
    browser.wait_for("#calls details[open] .more");
    let said = browser.text("#calls details[open]");
    assert!(said.contains("followed") && !said.contains("of no event"), "{said}");

    // Updates do not close what is open.
    stage.tell(&json!([delivery("r-4", 2, ended, ended, &[told("given_up")])]));
    browser.wait_until("the new state is shown", || browser.text("#journeys .chip") == "in the dead-letter queue");
    browser.wait_until("it stays open", || {
        browser.is_shown("#journeys .hops") && browser.text("#journeys .more").contains("delivery 2")
    });
    is_clean(&browser);
}

/// Nothing was loaded from elsewhere, no policy was violated, no script has failed.
fn is_clean(browser: &Browser) {
    let complaints = browser.complaints_but_of("/favicon.ico");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
