//! What starts with `(`: groups, names and flags.

use super::{Code, Failure, Flags, Parser, Slot};

impl Parser<'_> {
    /// Reads from `(` to where the group's content starts.
    pub(super) fn open(&mut self) -> Result<(), Failure> {
        if self.rest().starts_with("(?") {
            return self.perl_group();
        }
        let at = self.at;
        self.at += 1;
        self.open_capture(at, None);
        Ok(())
    }

    fn open_capture(&mut self, at: usize, name: Option<String>) {
        let group = self.names.len() as u32;
        self.names.push(name);
        self.stack.push(Slot::Open { group: Some(group), flags: self.flags, at });
    }

    /// Reads `(?P<name>`, `(?<name>`, `(?flags)` or `(?flags:`.
    fn perl_group(&mut self) -> Result<(), Failure> {
        let rest = self.rest();
        if rest.starts_with("(?P<") && rest.len() > 4 {
            return self.named_group(4);
        }
        if self.dialect.angle_names() && rest.starts_with("(?<") && rest.len() > 3 {
            return self.named_group(3);
        }
        self.flag_group()
    }

    /// A named group whose name starts `skip` bytes on.
    fn named_group(&mut self, skip: usize) -> Result<(), Failure> {
        let at = self.at;
        let Some(end) = self.rest().find('>') else {
            self.at = self.text.len();
            return Err(self.failed(Code::InvalidNamedCapture, at));
        };
        let name = &self.rest()[skip..end];
        self.at += end + 1;
        let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
        if name.is_empty() || !name.bytes().all(word) {
            return Err(self.failed(Code::InvalidNamedCapture, at));
        }
        self.open_capture(at, Some(name.to_owned()));
        Ok(())
    }

    /// Flags: `(?i)` changes the rest of the enclosing group, `(?i:` opens one of its own.
    fn flag_group(&mut self) -> Result<(), Failure> {
        let at = self.at;
        self.at += 2;
        let mut flags = self.flags;
        let mut on = true;
        // After a `-`, at least one flag must follow.
        let mut complete = true;
        while let Some(c) = self.next() {
            let flag = match c {
                'i' => Flags::FOLD,
                'm' => Flags::MULTI,
                's' => Flags::DOT_ALL,
                'U' => Flags::LAZY,
                '-' if on => {
                    on = false;
                    complete = false;
                    continue;
                }
                ':' | ')' if complete => {
                    if c == ':' {
                        self.stack.push(Slot::Open { group: None, flags: self.flags, at });
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            };
            flags.set(flag, on);
            complete = true;
        }
        Err(self.failed(Code::InvalidPerlOp, at))
    }
}
