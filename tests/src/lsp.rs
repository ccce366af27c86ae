//! A client of a language server that runs as a process.

pub mod conformance;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Long enough for a busy machine; a test that runs into it has failed.
const PATIENCE: Duration = Duration::from_secs(90);

pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Messages that came while another was waited for, in their order.
    pub inbox: VecDeque<Value>,
    next_id: i64,
}

impl Client {
    /// Starts and initializes a server with these `initializationOptions`.
    pub fn start(command: &mut Command, options: Value) -> Self {
        let capabilities = json!({ "window": { "workDoneProgress": true } });
        Client::start_with(command, json!({ "processId": null, "capabilities": capabilities, "initializationOptions": options })).0
    }

    /// Starts and initializes a server with these parameters; what it answers.
    pub fn start_with(command: &mut Command, params: Value) -> (Self, Value) {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read_message(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut client = Client { child, input, messages, inbox: VecDeque::new(), next_id: 0 };
        let id = client.request("initialize", params);
        let result = client.answer(id).expect("initialized");
        client.send(json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
        (client, result)
    }

    pub fn send(&mut self, message: Value) {
        let body = message.to_string();
        let input = self.input.as_mut().expect("open");
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).and_then(|()| input.flush()).expect("the server reads");
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request; its id.
    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Sends `workspace/executeCommand`; its id.
    pub fn command(&mut self, command: &str, arguments: Value) -> i64 {
        self.request("workspace/executeCommand", json!({ "command": command, "arguments": arguments }))
    }

    pub fn answer(&mut self, id: i64) -> Result<Value, Value> {
        let answer = self.wait_for("an answer", |message| message["id"] == id && message.get("method").is_none());
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        }
    }

    /// The first message that fits, out of the inbox or yet to come.
    pub fn wait_for(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.inbox.iter().position(&fits) {
            return self.inbox.remove(index).expect("just found");
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self
                .messages
                .recv_timeout(left)
                .unwrap_or_else(|error| panic!("waited for {what} ({error}); there came: {:#?}", self.inbox));
            if fits(&message) {
                return message;
            }
            self.inbox.push_back(message);
        }
    }

    /// Closes the server's input, as a client does that dies. How long the server outlives it.
    pub fn die(mut self) -> Duration {
        let begin = Instant::now();
        self.input = None;
        while self.child.try_wait().expect("a child").is_none() {
            assert!(begin.elapsed() < PATIENCE, "the server lives on");
            std::thread::sleep(Duration::from_millis(10));
        }
        begin.elapsed()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok().filter(|count| *count > 0)?;
        match line.trim() {
            "" => break,
            header => length = header.strip_prefix("Content-Length: ").and_then(|text| text.parse().ok()).or(length),
        }
    }
    let mut body = vec![0; length?];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
