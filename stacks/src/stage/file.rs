//! Reading a stage file: the settings of the stage, then a section for each integration.

use super::section::{Section, SectionKind};
use super::settings::tags;
use super::{
    AccountId, AlarmTopic, Architecture, BacklogSettings, LogRetention, PolicyArn, Region, StageError, position, words,
};
use contracts::TimeZone;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Declares the settings of the stage itself, each read by the type beside it.
macro_rules! settings {
    ($($name:ident: $kind:ty,)*) => {
        /// What a stage file says.
        #[derive(Default)]
        pub(super) struct StageFile {
            $(pub(super) $name: Option<$kind>,)*
            pub(super) sections: BTreeMap<&'static str, Arc<dyn Section>>,
        }

        /// Names of the settings that are no section of an integration.
        const COMMON: &[&str] = &[$(stringify!($name)),*];

        impl StageFile {
            /// Reads the value of a setting of the stage; `false` if it has no such setting.
            fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
                match key {
                    $(stringify!($name) => {
                        if self.$name.is_some() {
                            return Err(A::Error::duplicate_field(stringify!($name)));
                        }
                        self.$name = Some(map.next_value()?);
                    })*
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }
    };
}

settings! {
    region: Region,
    account: AccountId,
    profile: Option<String>,
    permissions_boundary: PolicyArn,
    protected: bool,
    architecture: Architecture,
    log_retention_days: LogRetention,
    tags: Tags,
    time_zone: TimeZone,
    alarm_topic: AlarmTopic,
    backlog: BacklogSettings,
}

/// Tags that CloudFormation takes.
#[derive(Default, Deserialize)]
pub(super) struct Tags(#[serde(deserialize_with = "tags")] pub(super) BTreeMap<String, String>);

/// Reads a stage file's text, whose sections are of these kinds; the region must be there.
pub(super) fn read(text: &str, kinds: &'static [SectionKind]) -> Result<(Region, StageFile), StageError> {
    // What is no YAML at all has its place in the text, not in the structure.
    if let Err(error) = serde_yaml::from_str::<serde_yaml::Value>(text)
        && !error.to_string().contains("duplicate")
    {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        return Err(StageError { line: error.location().map(|place| place.line()), message });
    }
    let mut track = serde_path_to_error::Track::new();
    let reader = serde_path_to_error::Deserializer::new(serde_yaml::Deserializer::from_str(text), &mut track);
    let file = Reader { kinds }.deserialize(reader);
    file.map_err(|error| error_in(text, &track.path(), &error))
}

struct Reader {
    kinds: &'static [SectionKind],
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = (Region, StageFile);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(Region, StageFile), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = (Region, StageFile);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("settings with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(Region, StageFile), A::Error> {
        let mut file = StageFile::default();
        while let Some(key) = map.next_key::<String>()? {
            if file.read(&key, &mut map)? {
                continue;
            }
            let Some(kind) = self.kinds.iter().find(|kind| kind.key == key) else {
                // The value is read nevertheless, so that the error is about the key.
                map.next_value::<IgnoredAny>()?;
                return Err(A::Error::unknown_field(&key, self.names()));
            };
            let settings = map.next_value_seed(OfSection(kind))?;
            if file.sections.insert(kind.key, settings).is_some() {
                return Err(A::Error::duplicate_field(kind.key));
            }
        }
        match file.region.take() {
            None => Err(A::Error::missing_field("region")),
            Some(region) => Ok((region, file)),
        }
    }
}

impl Reader {
    /// Every name at the top of a stage file, in the form in which serde tells them.
    fn names(&self) -> &'static [&'static str] {
        static NAMES: OnceLock<Vec<&str>> = OnceLock::new();
        NAMES.get_or_init(|| COMMON.iter().copied().chain(self.kinds.iter().map(|kind| kind.key)).collect())
    }
}

struct OfSection(&'static SectionKind);

impl<'de> DeserializeSeed<'de> for OfSection {
    type Value = Arc<dyn Section>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Arc<dyn Section>, D::Error> {
        (self.0.read)(&mut <dyn erased_serde::Deserializer<'_>>::erase(from)).map_err(D::Error::custom)
    }
}

/// An error with the line of the value that is wrong, not of the object around it.
fn error_in(text: &str, path: &serde_path_to_error::Path, error: &serde_yaml::Error) -> StageError {
    let inner = without_place(error);
    let path = path.to_string();
    let mut keys: Vec<&str> = match path.as_str() {
        "." => vec![],
        path => path.split(['.', '[', ']']).filter(|key| !key.is_empty()).collect(),
    };
    // The path is in front of the message already.
    let repeated: Vec<String> = (1..=keys.len()).map(|n_keys| format!("{}: ", keys[..n_keys].join("."))).collect();
    let mut message = inner.as_str();
    while let Some(rest) = repeated.iter().find_map(|path| message.strip_prefix(path)) {
        message = rest;
    }
    let named = message.split('`').nth(1).unwrap_or_default();
    let is_of_a_key = ["duplicate field", "unknown field"].iter().any(|start| message.starts_with(start));
    if is_of_a_key && keys.last() != Some(&named) {
        keys.push(named);
    }
    let line = match message.starts_with("duplicate ") {
        true => position::second_line_of(text, &keys),
        false => position::line_of(text, &keys),
    };
    let message = words::of_stage_file(message);
    let message = match path.as_str() {
        "." => message,
        path => format!("{path}: {message}"),
    };
    StageError { line: line.or_else(|| error.location().map(|place| place.line())), message }
}

/// The message of an error, without the place that is a field of its own.
fn without_place(error: &serde_yaml::Error) -> String {
    let message = error.to_string();
    let place = error.location().map(|place| format!(" at line {} column {}", place.line(), place.column()));
    match place.and_then(|place| message.strip_suffix(place.as_str()).map(str::to_owned)) {
        Some(message) => message,
        None => message,
    }
}
