//! Values of secrets: one type each, so that two cannot be swapped.

use crate::Saas;
use std::fmt;

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretForm {
    /// A key, a password or a token.
    Key,
    /// An address that anyone who knows it may use. Only an encrypted one is taken at deploy.
    Address,
}

/// The value of a secret, read from Secrets Manager.
pub trait SecretValue: Clone {
    /// Its name when a person is asked for it; also the name of the environment
    /// variable that may hold it at deploy, in `UPPER_SNAKE_CASE`.
    const NAME: &'static str;
    /// The SaaS that it opens. Default: none, it is made and used within a stack.
    const SAAS: Option<&'static Saas> = None;
    /// What it is. Default: a key.
    const FORM: SecretForm = SecretForm::Key;
    /// Where a person finds or makes it in that SaaS; a sentence without a full stop.
    const ORIGIN: &'static str;

    /// Takes the text as stored, without white space around it: pasted keys often carry some.
    fn from_stored(text: &str) -> Self;

    /// The secret itself, for the one place that sends or compares it.
    fn expose(&self) -> &str;

    /// Why a text cannot be such a value, judged by its form alone; the words go after `the value` and repeat
    /// nothing of it. Default: no text is refused.
    fn refusal(_text: &str) -> Option<&'static str> {
        None
    }
}

/// Declares a secret value that never shows itself in a log or an error.
macro_rules! secret_value {
    ($(#[$doc:meta])* $name:ident = $variable:literal $(, $form:ident of $saas:path)?,
        $origin:literal $(, refused by $refusal:path)?) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The secret itself, for the one place that sends or compares it.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl $crate::SecretValue for $name {
            const NAME: &'static str = $variable;
            $(
                const SAAS: Option<&'static $crate::Saas> = Some(&$saas);
                const FORM: $crate::SecretForm = $crate::SecretForm::$form;
            )?
            const ORIGIN: &'static str = $origin;

            fn from_stored(text: &str) -> Self {
                Self(text.trim().to_owned())
            }

            fn expose(&self) -> &str {
                &self.0
            }

            $(fn refusal(text: &str) -> Option<&'static str> {
                $refusal(text.trim())
            })?
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::secret::redacted(stringify!($name), formatter)
            }
        }
    };
}
pub(crate) use secret_value;

/// Writes the type's name and nothing of its value.
pub(crate) fn redacted(name: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(formatter, "{name}(redacted)")
}

secret_value! {
    /// The part of a webhook's URL that only its sender knows.
    WebhookToken = "WEBHOOK_TOKEN", "made by AWS Secrets Manager when the stack is created"
}

secret_value! {
    /// What the sender of a webhook signs with; each such secret has a type of its own, see [`SigningSecret`].
    SigningKey = "WEBHOOK_SIGNING_KEY", "the screen of the SaaS on which the webhook is registered"
}

/// A secret with which the sender of one webhook signs; the receiver reads it as a [`SigningKey`].
pub trait SigningSecret: SecretValue {}

impl SigningSecret for SigningKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself_and_loses_pasted_white_space() {
        let token = WebhookToken::from_stored(" canary\r\n");
        assert_eq!(token.expose(), "canary");
        assert_eq!(format!("{token:?}"), "WebhookToken(redacted)");
    }
}
