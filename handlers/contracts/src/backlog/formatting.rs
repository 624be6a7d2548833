//! The two ways in which Backlog formats the texts of a project.

use crate::SettingValue;

/// By which rule a project formats descriptions and comments.
///
/// Source: developer.nulab.com, "Add Project": `textFormattingRule` is `backlog` or `markdown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormatting {
    /// Markdown.
    Markdown,
    /// Backlog's own notation.
    Backlog,
}

impl SettingValue for TextFormatting {
    fn render(&self) -> String {
        match self {
            Self::Markdown => "markdown",
            Self::Backlog => "backlog",
        }
        .to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "markdown" => Ok(Self::Markdown),
            "backlog" => Ok(Self::Backlog),
            _ => Err(format!("`{text}` is no rule by which Backlog formats texts; there are `markdown` and `backlog`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_as_it_is_written_and_nothing_else_is_one() {
        for rule in [TextFormatting::Markdown, TextFormatting::Backlog] {
            assert_eq!(TextFormatting::parse(&rule.render()), Ok(rule));
        }
        for wrong in ["", "Markdown", "null", "html"] {
            assert!(TextFormatting::parse(wrong).unwrap_err().contains("`markdown` and `backlog`"));
        }
    }
}
