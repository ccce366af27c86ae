//! One request. It runs on a thread of its own, which may wait for a name, a connection or bytes as long as it likes: the
//! caller looks at it, and at whether it is cancelled, every few milliseconds.

use std::io::{Read, Seek};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use flate2::read::GzDecoder;
use ureq::Agent;
use ureq::tls::TlsConfig;

use super::{MAX_ERROR_BODY, write};
use crate::error::{FetchError, Result};
use crate::observer::{Observer, check};
use crate::settings::Settings;

const LOOK: Duration = Duration::from_millis(10);
const CHUNK: usize = 1 << 16;

/// What a server said before the body.
#[derive(Debug, Clone, Default)]
pub struct Head {
    pub status: u16,
    pub etag: String,
    pub location: Option<String>,
    pub immutable: Option<String>,
    pub retry_after: Option<Duration>,
    pub error_body: Vec<u8>,
    length: Option<u64>,
}

pub enum Answer {
    Head(Head),
    /// `again`: it may go better another time.
    Failed {
        reason: String,
        again: bool,
    },
}

enum Event {
    Head(Head),
    Bytes(Vec<u8>),
    End,
    Failed { reason: String, again: bool },
}

/// Asks for `url`; the body of a good answer goes to `out`.
pub fn run(
    url: &str,
    headers: Vec<(String, String)>,
    tls: Option<TlsConfig>,
    out: &mut std::fs::File,
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Answer> {
    let temporary = std::path::Path::new("a temporary file");
    out.set_len(0).and_then(|()| out.rewind()).map_err(FetchError::io("empty", temporary))?;
    let suffix = if settings.user_agent_suffix.is_empty() { String::new() } else { format!(" {}", settings.user_agent_suffix) };
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(format!("nival/{}{suffix}", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .timeout_connect(settings.connect_timeout)
        .timeout_per_read(Some(settings.stalled_timeout))
        .timeout_recv_response(Some(settings.stalled_timeout))
        .max_idle_connections(0);
    if let Some(tls) = tls {
        config = config.tls_config(tls);
    }
    let agent: Agent = config.build().into();
    let (sender, receiver) = sync_channel(8);
    let (worker, target) = (agent.clone(), url.to_owned());
    let spawned = std::thread::Builder::new().name("download".to_owned()).spawn(move || ask(&worker, &target, &headers, &sender));
    spawned.map_err(FetchError::io("start a thread for", temporary))?;
    let answer = follow(url, &receiver, out, observer);
    if answer.is_err() {
        // Whatever the thread waits for now fails.
        agent.shutdown();
    }
    answer
}

fn follow(url: &str, receiver: &Receiver<Event>, out: &mut std::fs::File, observer: &dyn Observer) -> Result<Answer> {
    let mut head: Option<Head> = None;
    let mut bytes = 0u64;
    loop {
        check(observer)?;
        let event = match receiver.recv_timeout(LOOK) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => Event::Failed { reason: "the download stopped".to_owned(), again: false },
        };
        match event {
            Event::Head(found) => head = Some(found),
            Event::Bytes(chunk) => {
                bytes += chunk.len() as u64;
                let Some(head) = &mut head else { continue };
                if (200..300).contains(&head.status) {
                    write(out, &chunk)?;
                    observer.progress(url, bytes, head.length);
                } else if head.error_body.len() < MAX_ERROR_BODY {
                    head.error_body.extend_from_slice(&chunk);
                    head.error_body.truncate(MAX_ERROR_BODY);
                }
            }
            Event::End => return Ok(head.map_or_else(|| Answer::Failed { reason: "no answer".to_owned(), again: true }, Answer::Head)),
            Event::Failed { reason, again } => return Ok(Answer::Failed { reason, again }),
        }
    }
}

/// The thread. Nobody listens any more when sending fails.
fn ask(agent: &Agent, url: &str, headers: &[(String, String)], events: &SyncSender<Event>) {
    let mut request = agent.get(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let response = match request.call() {
        Ok(response) => response,
        Err(error) => return drop(events.send(failure(&error))),
    };
    let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let links = response.headers().get_all("link").iter().filter_map(|value| value.to_str().ok());
    let encoding = text("content-encoding").unwrap_or_default().to_ascii_lowercase();
    let status = response.status().as_u16();
    let length = text("content-length").and_then(|length| length.trim().parse().ok());
    let head = Head {
        status,
        etag: text("etag").unwrap_or_default(),
        location: text("location"),
        immutable: links.filter_map(super::immutable).next(),
        retry_after: text("retry-after").and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs),
        error_body: Vec::new(),
        length: length.filter(|_| encoding.is_empty() || encoding == "identity"),
    };
    let expected = head.length;
    if events.send(Event::Head(head)).is_err() {
        return;
    }
    let body = response.into_body().into_reader();
    // Not asked for, but some servers do it all the same.
    let mut body: Box<dyn Read> = match encoding.as_str() {
        "gzip" | "x-gzip" => Box::new(GzDecoder::new(body)),
        "" | "identity" => Box::new(body),
        other => return drop(events.send(Event::Failed { reason: format!("the encoding '{other}' was not asked for"), again: false })),
    };
    let mut received = 0u64;
    let mut body_error_limit = if (200..300).contains(&status) { u64::MAX } else { MAX_ERROR_BODY as u64 };
    loop {
        let mut chunk = vec![0; CHUNK];
        match body.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                chunk.truncate(read);
                received += read as u64;
                if events.send(Event::Bytes(chunk)).is_err() {
                    return;
                }
                body_error_limit = body_error_limit.saturating_sub(read as u64);
                if body_error_limit == 0 {
                    break;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return drop(events.send(Event::Failed { reason: error.to_string(), again: true })),
        }
    }
    if expected.is_some_and(|expected| received < expected) && (200..300).contains(&status) {
        let reason = format!("it ended after {received} of {} bytes", expected.unwrap_or_default());
        return drop(events.send(Event::Failed { reason, again: true }));
    }
    let _ = events.send(Event::End);
}

fn failure(error: &ureq::Error) -> Event {
    use ureq::Error;
    let reason = match error {
        Error::HostNotFound => "Could not resolve hostname".to_owned(),
        Error::Io(error) if error.to_string().contains("failed to lookup address") => format!("Could not resolve hostname: {error}"),
        Error::Timeout(kind) => format!("timed out ({kind})"),
        other => other.to_string(),
    };
    let again = matches!(error, Error::Io(_) | Error::Timeout(_) | Error::ConnectionFailed | Error::Protocol(_));
    // A certificate does not get better by waiting, and who is not connected will not be in a moment.
    let lasting = reason.to_ascii_lowercase().contains("certificate") || reason.starts_with("Could not resolve");
    // Nobody listens at the other end, and nobody will in a moment.
    let refused = matches!(error, Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused);
    Event::Failed { reason, again: again && !lasting && !refused }
}
