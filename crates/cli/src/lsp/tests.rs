//! The message loop, driven in memory by messages as an editor sends them.

use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use super::server::serve;
use crate::common::Common;

/// Longer than any answer takes on a busy machine: a server that says nothing fails the test.
const PATIENCE: Duration = Duration::from_mins(1);

/// An editor with a server in a thread.
struct Editor {
    connection: Connection,
    server: JoinHandle<anyhow::Result<bool>>,
    last: i32,
}

impl Editor {
    fn start() -> Self {
        let (own, connection) = Connection::memory();
        let server = thread::spawn(move || serve(&own, &Common::default()));
        let mut editor = Self { connection, server, last: 0 };
        let answer = editor.ask("initialize", json!({ "capabilities": {} })).unwrap();
        assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
        editor.tell("initialized", json!({}));
        editor
    }

    fn tell(&self, method: &str, params: Value) {
        let note = Notification { method: method.to_owned(), params };
        self.connection.sender.send(note.into()).unwrap();
    }

    fn send(&mut self, method: &str, params: Value) -> RequestId {
        self.last += 1;
        let id = RequestId::from(self.last);
        let request = Request { id: id.clone(), method: method.to_owned(), params };
        self.connection.sender.send(request.into()).unwrap();
        id
    }

    /// The answer to a request; diagnostics before it are left out.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        let id = self.send(method, params);
        self.answer(&id)
    }

    fn answer(&self, id: &RequestId) -> Result<Value, String> {
        loop {
            if let Message::Response(response) = self.next()
                && response.id == *id
            {
                let Response { response_result, .. } = response;
                return response_result
                    .map_err(|error| format!("{}: {}", error.code, error.message));
            }
        }
    }

    fn next(&self) -> Message {
        self.connection.receiver.recv_timeout(PATIENCE).expect("the server says something")
    }

    fn open(&self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&self, uri: &str, version: i32, changes: &Value) {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.tell("textDocument/didChange", params);
    }

    /// The next diagnostics of a document.
    fn diagnostics(&self, uri: &str) -> Value {
        loop {
            if let Message::Notification(note) = self.next()
                && note.params["uri"] == uri
            {
                assert_eq!(note.method, "textDocument/publishDiagnostics");
                return note.params;
            }
        }
    }

    /// The rules of the next diagnostics of a document, and where they are.
    fn rules(&self, uri: &str) -> Vec<(String, [u64; 4])> {
        let params = self.diagnostics(uri);
        let number = |value: &Value| value.as_u64().unwrap();
        let shown = |it: &Value| {
            let (start, end) = (&it["range"]["start"], &it["range"]["end"]);
            let places = [&start["line"], &start["character"], &end["line"], &end["character"]];
            (it["code"].as_str().unwrap().to_owned(), places.map(number))
        };
        params["diagnostics"].as_array().unwrap().iter().map(shown).collect()
    }

    fn stop(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Ok(Value::Null));
        self.tell("exit", Value::Null);
        assert!(self.server.join().unwrap().unwrap());
    }
}

const URI: &str = "untitled:Untitled-1";

/// A job with a mistake that has a safe fix on the line `line` of `regex`.
fn config(regex: &str) -> String {
    format!(
        "# 😀 above\nscrape_configs:\n- job_name: a # 😀\n  kubernetes_sd_configs:\n  - role: pod\n  \
         relabel_configs:\n  - {{source_labels: [__meta_kubernetes_pod_name], action: keep, \
         regex: {regex}}}\n"
    )
}

fn at(line: u32, character: u32) -> Value {
    let position = json!({ "line": line, "character": character });
    json!({ "textDocument": { "uri": URI }, "position": position })
}

#[test]
fn diagnostics_follow_the_text_as_it_is_typed() {
    let editor = Editor::start();
    editor.open(URI, &config("'^😀$'"));
    let found = editor.rules(URI);
    assert_eq!(found, [("redundant-anchors".to_owned(), [6, 71, 6, 77])]);
    // The emoji is two units: the second anchor goes, then the first.
    let range = |from: u32, to: u32| {
        json!({
            "start": { "line": 6, "character": from }, "end": { "line": 6, "character": to },
        })
    };
    editor.change(
        URI,
        2,
        &json!([
            { "range": range(75, 76), "text": "" },
            { "range": range(72, 73), "text": "" },
        ]),
    );
    assert_eq!(editor.rules(URI), []);
    editor.change(URI, 3, &json!([{ "text": config("'^x$'") }]));
    assert_eq!(editor.diagnostics(URI)["version"], 3);
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    assert_eq!(editor.diagnostics(URI)["diagnostics"], json!([]));
    editor.stop();
}

#[test]
fn fixes_are_code_actions() {
    let mut editor = Editor::start();
    editor.open(URI, &config("'^a$'"));
    let params = |only: Value| {
        let position = json!({ "line": 6, "character": 76 });
        json!({
            "textDocument": { "uri": URI },
            "range": { "start": position, "end": position },
            "context": { "diagnostics": [], "only": only },
        })
    };
    let actions = editor.ask("textDocument/codeAction", params(Value::Null)).unwrap();
    let [quick, all] = &actions.as_array().unwrap()[..] else { panic!("{actions}") };
    assert_eq!((&quick["kind"], &quick["isPreferred"]), (&json!("quickfix"), &json!(true)));
    assert_eq!(all["kind"], "source.fixAll.promsieve");
    let edit = &quick["edit"]["changes"][URI];
    assert_eq!(edit, &all["edit"]["changes"][URI]);
    assert_eq!(edit[0]["newText"], "a");
    assert_eq!(edit[0]["range"]["start"]["character"], 71);
    assert_eq!(quick["diagnostics"][0]["code"], "redundant-anchors");
    for (only, kind) in [("source.fixAll", "source.fixAll.promsieve"), ("quickfix", "quickfix")] {
        let actions = editor.ask("textDocument/codeAction", params(json!([only]))).unwrap();
        let [only] = &actions.as_array().unwrap()[..] else { panic!("{actions}") };
        assert_eq!(only["kind"], kind);
    }
    assert_eq!(editor.ask("textDocument/codeAction", params(json!(["refactor"]))), Ok(json!([])));
    editor.stop();
}

#[test]
fn labels_and_rules_are_explained() {
    let mut editor = Editor::start();
    editor.open(URI, &config("'^a$'"));
    let hover = editor.ask("textDocument/hover", at(6, 76)).unwrap();
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("# redundant-anchors (`RL007`)"), "{text}");
    let hover = editor.ask("textDocument/hover", at(6, 30)).unwrap();
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("`kubernetes_sd_configs` with `role: pod`"), "{text}");
    assert!(text.contains("The targets of this job can have it"), "{text}");
    assert_eq!(editor.ask("textDocument/hover", at(1, 0)), Ok(Value::Null));
    let places = editor.ask("textDocument/definition", at(6, 30)).unwrap();
    assert_eq!(places[0]["range"]["start"], json!({ "line": 4, "character": 4 }));
    let document = json!({ "textDocument": { "uri": URI } });
    let links = editor.ask("textDocument/documentLink", document).unwrap();
    assert_eq!(links.as_array().unwrap().len(), 1);
    let target = links[0]["target"].as_str().unwrap();
    assert!(target.ends_with("configuration/#kubernetes_sd_config"), "{target}");
    editor.stop();
}

#[test]
fn other_products_and_files_of_no_kind_are_told_apart() {
    let editor = Editor::start();
    let rule = "  rule {\n    action = \"Drop\"\n    regex  = \"😀\"\n  }\n";
    let alloy = format!("prometheus.relabel \"x\" {{\n  forward_to = []\n{rule}}}\n");
    editor.open("untitled:a.alloy", &alloy);
    let found = editor.rules("untitled:a.alloy");
    assert_eq!(found, [("invalid-relabel-step".to_owned(), [3, 13, 3, 19])]);
    // A compose file is none of ours, broken or not; nothing is said about it.
    editor.open("untitled:compose.yml", "services:\n  web: [\n");
    editor.open(URI, &config("'^a$'"));
    assert_eq!(editor.rules(URI).len(), 1);
    editor.stop();
}

#[test]
fn settings_and_the_files_of_a_project_count_as_they_are_open() {
    let directory = tempdir("lsp-project");
    let write = |name: &str, text: &str| std::fs::write(directory.join(name), text).unwrap();
    let uri = |name: &str| super::uri::of(&directory.join(name).display().to_string());
    write("promsieve.toml", "[lint]\nignore = [\"redundant-anchors\"]\nunknown = 1\n");
    write("rules.yml", "groups: []\n");
    let main = format!("rule_files: [rules.yml]\n{}", config("'^a$'"));
    write("prometheus.yml", &main);
    let editor = Editor::start();
    editor.open(&uri("prometheus.yml"), &main);
    let mut found = Vec::new();
    for _ in 0..2 {
        // In the order of the files' names.
        let Message::Notification(note) = editor.next() else { panic!() };
        found.push((note.params["uri"].clone(), note.params["diagnostics"].clone()));
    }
    assert_eq!(found[0], (json!(uri("prometheus.yml")), json!([])));
    assert_eq!(found[1].0, json!(uri("promsieve.toml")));
    assert!(found[1].1[0]["message"].as_str().unwrap().contains("`unknown` is no key here"));
    // The rule file is broken in the editor only.
    editor.open(&uri("rules.yml"), "groups:\n- name: a\n  rulez: []\n");
    assert_eq!(editor.rules(&uri("rules.yml"))[0].0, "invalid-rule-file");
    editor.stop();
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn secrets_are_not_sent() {
    let mut editor = Editor::start();
    let secret = "hunter2";
    let text = format!(
        "remote_write:\n- url: http://a/\n  bearer_token: {secret}\n  basic_auth:\n    password: [{secret}]\n"
    );
    editor.open(URI, &text);
    let shown = editor.diagnostics(URI).to_string();
    assert!(shown.contains("invalid-config") && !shown.contains(secret), "{shown}");
    for line in 0..5 {
        let hover = editor.ask("textDocument/hover", at(line, 6)).unwrap();
        assert!(!hover.to_string().contains(secret), "{hover}");
    }
    editor.stop();
}

#[test]
fn requests_are_refused_as_the_protocol_says() {
    let mut editor = Editor::start();
    let error =
        |answer: Result<Value, String>| answer.unwrap_err().split(':').next().unwrap().to_owned();
    assert_eq!(error(editor.ask("textDocument/rename", json!({}))), "-32601");
    assert_eq!(error(editor.ask("textDocument/hover", json!({}))), "-32602");
    assert_eq!(editor.ask("textDocument/hover", at(0, 0)), Ok(Value::Null));
    editor.tell("textDocument/didChange", json!("nonsense"));
    editor.tell("textDocument/unknown", Value::Null);
    assert_eq!(editor.ask("shutdown", Value::Null), Ok(Value::Null));
    assert_eq!(error(editor.ask("textDocument/hover", at(0, 0))), "-32600");
    editor.tell("exit", Value::Null);
    assert!(editor.server.join().unwrap().unwrap());
}

#[test]
fn what_is_taken_back_before_it_is_read_is_not_answered() {
    let (own, connection) = Connection::memory();
    let send = |message: Message| connection.sender.send(message).unwrap();
    let request = |id: i32, method: &str, params: Value| {
        Message::from(Request { id: id.into(), method: method.to_owned(), params })
    };
    let note = |method: &str, params: Value| {
        Message::from(Notification { method: method.to_owned(), params })
    };
    // All of it waits when the server starts.
    send(request(1, "initialize", json!({ "capabilities": {} })));
    send(note("initialized", json!({})));
    send(request(2, "textDocument/hover", at(0, 0)));
    send(note("$/cancelRequest", json!({ "id": 2 })));
    send(note("exit", Value::Null));
    let was_shut_down = serve(&own, &Common::default()).unwrap();
    assert!(!was_shut_down);
    let answers: Vec<Message> = connection.receiver.try_iter().collect();
    let [_, Message::Response(hover)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(hover.response_result.as_ref().map_err(|error| error.code), Err(-32800));
}

/// An empty directory of this process.
fn tempdir(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("promsieve-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}
