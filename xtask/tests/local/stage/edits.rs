//! What a stage was like before: its account when nothing was deployed, its files before a chapter edited them.

use super::Stage;
use crate::local::story::Shared;
use serde_json::json;

impl Stage {
    /// Starts the emulator and the stand-ins, and notes what is in the account.
    pub fn starts(&self) {
        self.run(&["local", "start"]).succeeds();
        *self.empty.borrow_mut() = self.account("inventory", &[]);
    }

    /// Stops both.
    #[allow(dead_code, reason = "some stories look closer")]
    pub fn stops(&self) {
        self.run(&["local", "stop"]).succeeds();
    }

    /// The account is as it was when the stage started.
    pub fn is_empty(&self) {
        assert_eq!(self.account("inventory", &[]), *self.empty.borrow());
    }

    /// Replaces a text in a file of the copy.
    pub fn edit(&self, file: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.root.join(file)).unwrap();
        assert!(text.contains(old), "{file} does not hold {old}");
        self.write(file, &text.replacen(old, new, 1));
    }

    /// Replaces a file of the copy.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text).unwrap();
        self.edited.borrow_mut().entry(path).or_insert(before);
    }
}

impl Shared for Stage {
    fn prepare(&self) {
        self.edited.borrow_mut().clear();
    }

    /// Takes edits back, what the stand-ins were to do wrong, and what is in dead-letter queues.
    fn recover(&self) {
        for (path, before) in self.edited.borrow().iter() {
            std::fs::write(path, before).unwrap();
        }
        self.control("reset", &json!({}));
        for stack in self.account("inventory", &[])["stacks"].as_array().unwrap() {
            let stack = stack.as_str().unwrap();
            let resources = self.account("resources", &[stack]);
            for queue in resources.as_object().unwrap().keys().filter(|id| id.ends_with("DeadLetters")) {
                self.account("receive_all", &[stack, queue]);
            }
        }
    }
}
