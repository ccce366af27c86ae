//! A client that dies takes the server with it.

use std::time::Duration;

use crossbeam::channel::Sender;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::main_loop::Event;

/// How often the client is looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// Watches the process that `initialize` names and reports [`Event::Disconnected`] once it is gone. Standard input ends first
/// in almost every case; this is for clients whose end of the pipe is inherited by someone who lives on.
pub fn watch_client(process: u32, events: Sender<Event>) {
    let Ok(process) = i32::try_from(process) else { return };
    if process <= 1 {
        return;
    }
    let work = move || {
        while kill(Pid::from_raw(process), None) != Err(Errno::ESRCH) {
            // A send into a closed channel would end this too, but there is nothing to say yet.
            std::thread::sleep(PERIOD);
        }
        let _ = events.send(Event::Disconnected);
    };
    // Without the thread, the end of standard input still ends the server.
    let _ = std::thread::Builder::new().name("nival-watch".into()).spawn(work);
}
