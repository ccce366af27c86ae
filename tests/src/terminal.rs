//! A terminal without a screen, for programs that want one.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// A terminal with a program on it.
pub struct Terminal {
    screen: Arc<Mutex<vt100::Parser>>,
    input: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    // Closing it hangs the program up.
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Terminal {
    pub fn start(command: &std::process::Command, rows: u16, cols: u16) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).expect("a terminal");
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                builder.env(name, value);
            }
        }
        builder.cwd(command.get_current_dir().expect("a folder"));
        let child = pair.slave.spawn_command(builder).expect("it starts");
        let mut output = pair.master.try_clone_reader().expect("a reader");
        let input = Arc::new(Mutex::new(pair.master.take_writer().expect("a writer")));
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 1000)));
        let (shown, answers) = (screen.clone(), input.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                // "Are you there?": programs wait for the answer before they believe that other questions have none.
                if buffer[..count].windows(4).any(|asked| asked == b"\x1b[5n") {
                    let _ = answers.lock().expect("not poisoned").write_all(b"\x1b[0n");
                }
                shown.lock().expect("not poisoned").process(&buffer[..count]);
            }
        });
        Terminal { screen, input, child, _master: pair.master }
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.screen.lock().expect("not poisoned").screen().contents()
    }

    pub fn keys(&mut self, keys: &str) {
        let mut input = self.input.lock().expect("not poisoned");
        input.write_all(keys.as_bytes()).and_then(|()| input.flush()).expect("it reads");
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        let begin = std::time::Instant::now();
        while !self.text().contains(text) {
            assert!(begin.elapsed() < Duration::from_secs(60), "no '{text}' on:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The screen, for its colours.
    pub fn with_screen<T>(&self, f: impl FnOnce(&vt100::Screen) -> T) -> T {
        f(self.screen.lock().expect("not poisoned").screen())
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }
}
