//! Values of custom fields, as the API takes them.

use crate::SettingValue;
use url::form_urlencoded;

/// What a parameter of a custom field begins with; its number follows.
///
/// Source: developer.nulab.com, "Add Issue": `customField_{id}`.
const PREFIX: &str = "customField_";

/// Values that every issue of a handler gets in the custom fields of its project.
///
/// Written as a form is: `customField_10=1&customField_11%5B0%5D=2`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomFields(Vec<(String, String)>);

impl CustomFields {
    /// Sets a field that takes one value: a text, a number, a date (yyyy-MM-dd), or the number of an item.
    pub fn set(&mut self, id: u64, value: &str) {
        self.0.push((format!("{PREFIX}{id}"), value.to_owned()));
    }

    /// Sets a field that takes several items, by their numbers.
    ///
    /// Source: Nulab's own JavaScript client: the brackets of a custom field need their index.
    pub fn set_items(&mut self, id: u64, items: &[u64]) {
        let pairs = items.iter().enumerate().map(|(place, item)| (format!("{PREFIX}{id}[{place}]"), item.to_string()));
        self.0.extend(pairs);
    }

    /// Names and values of the parameters.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl SettingValue for CustomFields {
    fn render(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.parameters()).finish()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let is_field =
            |name: &str| name.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        match pairs.iter().find(|(name, _)| !is_field(name)) {
            Some((name, _)) => Err(format!("`{name}` is not the parameter of a custom field, such as `{PREFIX}10`")),
            None => Ok(Self(pairs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_are_written() {
        let mut fields = CustomFields::default();
        assert_eq!((fields.render(), CustomFields::parse("")), (String::new(), Ok(fields.clone())));
        fields.set(10, "原因 & 結果=1\n+%");
        fields.set_items(11, &[3, 5]);
        assert_eq!(CustomFields::parse(&fields.render()), Ok(fields.clone()));
        let names: Vec<_> = fields.parameters().map(|(name, _)| name).collect();
        assert_eq!(names, ["customField_10", "customField_11[0]", "customField_11[1]"]);
    }

    #[test]
    fn another_parameter_is_no_value() {
        for wrong in ["x", "summary=a", "customField_=1", "customField_x=1", "customField_10=1&statusId=4"] {
            assert!(CustomFields::parse(wrong).unwrap_err().contains("customField_10"), "{wrong}");
        }
    }
}
