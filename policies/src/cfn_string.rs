//! A value in a template: known now, or known to CloudFormation when it deploys.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A string that may contain references to resources, parameters and pseudo parameters.
///
/// It serializes as plain text, `Ref`, `Fn::GetAtt` or `Fn::Sub`, whichever says it shortest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CfnString {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Text(String),
    Reference(String),
    Attribute(String, String),
}

impl CfnString {
    /// Text that is known now.
    pub fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// What `Ref` yields for the resource, parameter or pseudo parameter named `logical_id`.
    pub fn reference(logical_id: impl Into<String>) -> Self {
        Self { parts: vec![Part::Reference(logical_id.into())] }
    }

    /// What `Fn::GetAtt` yields for an attribute of the resource named `logical_id`.
    pub fn attribute(logical_id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { parts: vec![Part::Attribute(logical_id.into(), name.into())] }
    }

    /// The ARN of something of the stack's account in its region.
    pub fn arn(service: &str, resource: impl Into<CfnString>) -> Self {
        Self::arn_in(service, Self::reference("AWS::Region"), Self::reference("AWS::AccountId"), resource)
    }

    /// The ARN of something with these two parts in place of region and account, which may be empty.
    pub fn arn_in(
        service: &str,
        region: impl Into<CfnString>,
        account: impl Into<CfnString>,
        resource: impl Into<CfnString>,
    ) -> Self {
        let arn = Self::text("arn:").join(Self::reference("AWS::Partition")).then(format!(":{service}:"));
        arn.join(region.into()).then(":").join(account.into()).then(":").join(resource.into())
    }

    /// This value followed by `text`.
    pub fn then(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// This value followed by another one.
    pub fn join(mut self, other: CfnString) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// The text with every reference replaced by what `sample` gives for its logical id.
    pub fn with_samples(&self, sample: impl Fn(&str) -> String) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Reference(id) | Part::Attribute(id, _) => sample(id),
            })
            .collect()
    }

    /// Logical ids of the resources and parameters it refers to, in order.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Reference(id) | Part::Attribute(id, _) => Some(id.as_str()),
        })
    }

    /// The text with every reference replaced by what `write` makes of it: of its name, such as
    /// `Queue` or `Queue.Arn`, and of the value that it is by itself.
    pub fn write_with(&self, mut write: impl FnMut(&str, CfnString) -> String) -> String {
        let alone = |part: &Part| Self { parts: vec![part.clone()] };
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Reference(id) => write(id, alone(part)),
                Part::Attribute(id, name) => write(&format!("{id}.{name}"), alone(part)),
            })
            .collect()
    }

    fn substitution(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.replace("${", "${!"),
                Part::Reference(id) => format!("${{{id}}}"),
                Part::Attribute(id, name) => format!("${{{id}.{name}}}"),
            })
            .collect()
    }
}

impl From<&str> for CfnString {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for CfnString {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl Serialize for CfnString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all_text = self.parts.iter().all(|part| matches!(part, Part::Text(_)));
        if all_text {
            let text: String = self
                .parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.as_str(),
                    _ => "",
                })
                .collect();
            return serializer.serialize_str(&text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        match self.parts.as_slice() {
            [Part::Reference(id)] => map.serialize_entry("Ref", id)?,
            [Part::Attribute(id, name)] => map.serialize_entry("Fn::GetAtt", &[id, name])?,
            _ => map.serialize_entry("Fn::Sub", &self.substitution())?,
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn check(value: CfnString, expected: Json) {
        assert_eq!(serde_json::to_value(value).unwrap(), expected);
    }

    #[test]
    fn text_stays_text_even_when_it_looks_like_a_reference() {
        check(CfnString::text("${Queue}"), json!("${Queue}"));
        check(CfnString::text("a").then("b"), json!("ab"));
    }

    #[test]
    fn a_single_reference_needs_no_substitution() {
        check(CfnString::reference("Queue"), json!({"Ref": "Queue"}));
        check(CfnString::attribute("Queue", "Arn"), json!({"Fn::GetAtt": ["Queue", "Arn"]}));
    }

    #[test]
    fn a_mixture_is_a_substitution_with_literal_text_escaped() {
        check(CfnString::attribute("Bucket", "Arn").then("/${x}/*"), json!({"Fn::Sub": "${Bucket.Arn}/${!x}/*"}));
    }
}
