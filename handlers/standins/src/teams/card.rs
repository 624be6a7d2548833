//! The message that a workflow takes: an envelope with adaptive cards, checked element by element.

use serde_json::Value;

const CARD: &str = "application/vnd.microsoft.card.adaptive";
const VERSIONS: [&str; 7] = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"];
const ACTIONS: [&str; 5] =
    ["Action.Execute", "Action.OpenUrl", "Action.ShowCard", "Action.Submit", "Action.ToggleVisibility"];
const INPUTS: [&str; 6] = ["Input.ChoiceSet", "Input.Date", "Input.Number", "Input.Text", "Input.Time", "Input.Toggle"];

/// Checks a message, or says what is wrong with it.
pub(super) fn check(message: &Value) -> Result<(), String> {
    if message["type"] != "message" {
        return Err("`type` is not `message`".to_owned());
    }
    let attachments = list(message, "attachments")?;
    // The workflow would post nothing, in silence.
    if attachments.is_empty() {
        return Err("`attachments` is empty".to_owned());
    }
    for attachment in attachments {
        if attachment["contentType"] != CARD {
            return Err(format!("`contentType` is not `{CARD}`"));
        }
        check_card(&attachment["content"])?;
    }
    Ok(())
}

fn check_card(card: &Value) -> Result<(), String> {
    if card["type"] != "AdaptiveCard" {
        return Err("the `type` of a card is not `AdaptiveCard`".to_owned());
    }
    if !card["version"].as_str().is_some_and(|version| VERSIONS.contains(&version)) {
        return Err(format!("the `version` of a card is none of {}", VERSIONS.join(", ")));
    }
    let body = list(card, "body")?;
    if body.is_empty() {
        return Err("the `body` of a card is empty".to_owned());
    }
    check_elements(body)?;
    check_actions(&card["actions"])
}

fn check_elements(elements: &[Value]) -> Result<(), String> {
    elements.iter().try_for_each(check_element)
}

fn check_element(element: &Value) -> Result<(), String> {
    match element["type"].as_str() {
        Some("TextBlock") => text(element, "text").map(drop),
        Some("Image") => text(element, "url").map(drop),
        Some("RichTextBlock") => list(element, "inlines")?.iter().try_for_each(check_inline),
        Some("Container") => check_elements(list(element, "items")?),
        Some("ColumnSet") => list(element, "columns")?.iter().try_for_each(check_column),
        Some("FactSet") => list(element, "facts")?.iter().try_for_each(check_fact),
        Some("ImageSet") => check_elements(list(element, "images")?),
        Some("ActionSet") => list(element, "actions").and_then(|_| check_actions(&element["actions"])),
        Some("Media") => list(element, "sources").map(drop),
        Some("Table") => list(element, "rows")?.iter().try_for_each(check_row),
        Some(input) if INPUTS.contains(&input) => text(element, "id").map(drop),
        Some(unknown) => Err(format!("`{unknown}` is no element of a card")),
        None => Err("an element has no `type`".to_owned()),
    }
}

fn check_inline(inline: &Value) -> Result<(), String> {
    match inline {
        Value::String(_) => Ok(()),
        run if run["type"] == "TextRun" => text(run, "text").map(drop),
        _ => Err("an inline is neither a string nor a `TextRun`".to_owned()),
    }
}

fn check_column(column: &Value) -> Result<(), String> {
    // The type may be left out here, for nothing else can be a column.
    if !column["type"].is_null() && column["type"] != "Column" {
        return Err("a column of a `ColumnSet` is no `Column`".to_owned());
    }
    if column["items"].is_null() { Ok(()) } else { check_elements(list(column, "items")?) }
}

fn check_row(row: &Value) -> Result<(), String> {
    let cells = list(row, "cells")?;
    cells.iter().try_for_each(|cell| check_elements(list(cell, "items")?))
}

fn check_fact(fact: &Value) -> Result<(), String> {
    text(fact, "title")?;
    text(fact, "value").map(drop)
}

fn check_actions(actions: &Value) -> Result<(), String> {
    let actions = match actions {
        Value::Null => return Ok(()),
        Value::Array(actions) => actions,
        _ => return Err("`actions` is no list".to_owned()),
    };
    actions.iter().try_for_each(|action| match action["type"].as_str() {
        Some("Action.OpenUrl") => {
            let url = text(action, "url")?;
            let absolute = url.starts_with("https://") || url.starts_with("http://");
            if absolute { Ok(()) } else { Err("the `url` of an action is not absolute".to_owned()) }
        }
        Some("Action.ShowCard") => check_card(&action["card"]),
        Some(known) if ACTIONS.contains(&known) => Ok(()),
        Some(unknown) => Err(format!("`{unknown}` is no action")),
        None => Err("an action has no `type`".to_owned()),
    })
}

fn list<'a>(object: &'a Value, name: &str) -> Result<&'a [Value], String> {
    object[name].as_array().map(Vec::as_slice).ok_or_else(|| format!("{} needs a list `{name}`", kind(object)))
}

fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, String> {
    object[name].as_str().ok_or_else(|| format!("{} needs a text `{name}`", kind(object)))
}

fn kind(object: &Value) -> String {
    object["type"].as_str().map_or_else(|| "an object without a type".to_owned(), |kind| format!("`{kind}`"))
}
