//! Alerts of AWS Budgets.

use super::*;

fn letter(kind: &str) -> String {
    format!(
        "AWS Budget Notification August 04, 2026\n\
         AWS Account 444455556666\n\n\
         Dear AWS Customer,\n\n\
         You requested that we alert you when the {kind} Cost associated with your R&D monthly budget is greater than \
         $80.00 for the current month. The {kind} Cost associated with this budget is $85.50. You can find additional \
         details below and by accessing the AWS Budgets dashboard [1].\n\n\
         Budget Name: R&D monthly\n\
         Budget Type: Cost\n\
         Budgeted Amount: $100.00\n\
         Alert Type: {kind}\n\
         Alert Threshold: > $80.00\n\
         {kind} Amount: $85.50\n\n\
         [1] https://console.aws.amazon.com/billing/home#/budgets\n\n"
    )
}

const WHY: &str = "You requested that we alert you when the ACTUAL Cost associated with your R&amp;D monthly budget is \
                   greater than $80.00 for the current month.";

#[test]
fn an_alert_shows_the_amounts_and_leads_to_the_budgets() {
    let expected = message(
        &format!("Budget alert: R&amp;D monthly: {WHY}"),
        "Budget alert: R&amp;D monthly",
        "#d13212",
        json!([
            section(WHY),
            fields(&["Type\nCost", "Budgeted\n$100.00", "Alert threshold\n&gt; $80.00", "Actual\n$85.50",]),
            marked_section("<https://console.aws.amazon.com/billing/home#/budgets|Open AWS Budgets>"),
            footer("alarms · ap-northeast-1 · 444455556666 · 2026-08-04 11:01:52 +09:00"),
        ]),
    );
    let subject = "AWS Budgets: R&D monthly has exceeded your alert threshold";
    assert_eq!(payload(Some(subject), &letter("ACTUAL")), expected);
}

#[test]
fn a_forecast_is_a_warning() {
    let notice = notice(None, &letter("FORECASTED").replace('\n', "\r\n"));
    assert_eq!((notice.severity, notice.title.as_str()), (Severity::Warning, "Budget forecast: R&D monthly"));
    assert_eq!(value(&notice, "Forecast"), "$85.50");
}

#[test]
fn a_letter_of_another_shape_is_shown_as_it_came() {
    let subject = Some("AWS Budgets: x has exceeded your alert threshold");
    assert_eq!(notice(subject, "AWS Budget Notification\nin other words").kind, "text");
    assert_eq!(notice(None, "Budget Name: x").kind, "text");
    assert_eq!(notice(subject, "Budget Name: x").kind, "budget");
}

#[test]
fn a_sentence_does_not_end_in_the_name_of_a_budget() {
    for name in ["Team A. Prod", "a. b. c", "R. & D."] {
        let notice = notice(None, &letter("ACTUAL").replace("R&D monthly", name));
        let expected = WHY.replace("R&amp;D monthly", name);
        assert_eq!(notice.text.as_deref(), Some(expected.as_str()));
    }
}
