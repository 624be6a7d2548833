//! What a SaaS is called; each is a value beside its secrets and its vocabulary.

/// A SaaS that a stack calls, or that calls a stack.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Saas {
    /// The name as a person writes it, such as `Backlog`.
    pub name: &'static str,
}

impl Saas {
    /// The letters and digits of the name, for names of template parameters: with another name, a live stack has
    /// another parameter.
    pub fn word(&self) -> String {
        self.name.chars().filter(char::is_ascii_alphanumeric).collect()
    }

    /// The same in lower case: the first part of the path under which its stand-in serves.
    pub fn id(&self) -> String {
        self.word().to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::Saas;

    #[test]
    fn a_name_of_two_words_is_one_word_in_a_path() {
        let saas = Saas { name: "LINE WORKS" };
        assert_eq!((saas.word().as_str(), saas.id().as_str()), ("LINEWORKS", "lineworks"));
    }
}
