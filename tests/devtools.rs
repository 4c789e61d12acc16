//! A page in headless Chromium that is clicked and typed into, over the browser's debugging protocol.
//!
//! The browser reads commands from its file descriptor 3 and answers on 4, JSON that ends with a NUL.
//! A shell puts its standard input and output there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use promsieve_lab::real::TempDir;
use serde_json::{Value, json};

use crate::browser::{FLAGS, TIMEOUT, browser};

/// A page that is open.
pub(crate) struct Page {
    child: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    sent: u64,
    /// What the page wrote to its console, exceptions and broken policies included.
    console: Vec<String>,
    /// The profile, gone when the browser is.
    _profile: TempDir,
}

impl Page {
    /// Opens the file; `None` where there is no browser.
    pub(crate) fn open(html: &Path) -> Option<Self> {
        let mut page = Self::start()?;
        let target = page.send("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = page.send("Target.attachToTarget", &attach);
        page.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            page.send(&format!("{domain}.enable"), &json!({}));
        }
        let size =
            json!({ "width": 1280, "height": 1000, "deviceScaleFactor": 1, "mobile": false });
        page.send("Emulation.setDeviceMetricsOverride", &size);
        let html = html.canonicalize().unwrap();
        page.send("Page.navigate", &json!({ "url": format!("file://{}", html.display()) }));
        while page.receive()["method"] != "Page.loadEventFired" {}
        Some(page)
    }

    fn start() -> Option<Self> {
        let browser = browser()?;
        let profile = TempDir::new("devtools").unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"])
            .arg(browser)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("--remote-debugging-pipe")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while answers.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                let value = serde_json::from_slice(&message).unwrap();
                if sender.send(value).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let (session, sent, console) = (None, 0, Vec::new());
        Some(Self { child, commands, messages, session, sent, console, _profile: profile })
    }

    /// The console's messages up to now.
    pub(crate) fn console(&self) -> &[String] {
        &self.console
    }

    /// The value of an expression, awaited where it is a promise.
    #[track_caller]
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let how = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.send("Runtime.evaluate", &how);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The text of the first element of a selector.
    #[track_caller]
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let text = self.evaluate(&format!("document.querySelector({selector:?}).textContent"));
        text.as_str().unwrap().to_owned()
    }

    /// How many elements a selector has.
    #[track_caller]
    pub(crate) fn count(&mut self, selector: &str) -> u64 {
        let count = format!("document.querySelectorAll({selector:?}).length");
        self.evaluate(&count).as_u64().unwrap()
    }

    /// Clicks with the mouse on the middle of the first element of a selector, which must be in view
    /// and on top there.
    #[track_caller]
    pub(crate) fn click(&mut self, selector: &str) {
        // The mouse hits what was painted: two frames later that is what was scrolled to.
        let middle = self.evaluate(&format!(
            "new Promise(done => {{
               const node = document.querySelector({selector:?});
               node.scrollIntoView({{ block: 'center', behavior: 'instant' }});
               const tell = () => {{
                 const box = node.getBoundingClientRect();
                 const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                 done({{ x, y, hit: node.contains(document.elementFromPoint(x, y)) }});
               }};
               requestAnimationFrame(() => requestAnimationFrame(tell));
             }})"
        ));
        assert_eq!(middle["hit"], true, "{selector} is covered");
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": middle["x"], "y": middle["y"], "button": "left", "clickCount": 1,
            });
            self.send("Input.dispatchMouseEvent", &event);
        }
    }

    /// Presses keys one after the other: names as in `KeyboardEvent.key`.
    pub(crate) fn press(&mut self, keys: &[&str]) {
        for key in keys {
            let (code, text) = match *key {
                "Enter" => (13, "\r"),
                "Tab" => (9, ""),
                "Escape" => (27, ""),
                " " => (32, " "),
                "ArrowLeft" => (37, ""),
                "ArrowUp" => (38, ""),
                "ArrowRight" => (39, ""),
                "ArrowDown" => (40, ""),
                "Home" => (36, ""),
                "End" => (35, ""),
                letter => (u32::from(letter.to_uppercase().as_bytes()[0]), letter),
            };
            for kind in ["keyDown", "keyUp"] {
                let mut event = json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code });
                if kind == "keyDown" && !text.is_empty() {
                    event["text"] = json!(text);
                }
                self.send("Input.dispatchKeyEvent", &event);
            }
        }
    }

    /// Types into what has the focus.
    pub(crate) fn write(&mut self, text: &str) {
        self.send("Input.insertText", &json!({ "text": text }));
    }

    /// Emulates paper or a colour scheme: the features of media queries, and the medium.
    pub(crate) fn emulate(&mut self, medium: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.send("Emulation.setEmulatedMedia", &json!({ "media": medium, "features": features }));
    }

    /// The result of a command; messages that come before it are heard.
    #[track_caller]
    pub(crate) fn send(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut command = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        self.commands.flush().unwrap();
        loop {
            let mut message = self.receive();
            if message["id"] == self.sent {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
        }
    }

    fn receive(&mut self) -> Value {
        let message = self.messages.recv_timeout(TIMEOUT).expect("Chromium answers in time");
        let params = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.consoleAPICalled") => self.console.push(params["args"].to_string()),
            Some("Runtime.exceptionThrown") => {
                self.console.push(params["exceptionDetails"].to_string());
            }
            Some("Log.entryAdded") => self.console.push(params["entry"]["text"].to_string()),
            _ => {}
        }
        message
    }
}

impl Drop for Page {
    /// Lets the browser end by itself, and its processes with it: what writes on would keep the
    /// profile from going.
    fn drop(&mut self) {
        let close = json!({ "id": 0, "method": "Browser.close" });
        let _ = self.commands.write_all(format!("{close}\0").as_bytes());
        let deadline = Instant::now() + TIMEOUT;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
