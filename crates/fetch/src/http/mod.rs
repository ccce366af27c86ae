//! Downloads over HTTP: redirects, retries, time limits, conditional requests. The body goes to a file.

mod auth;
mod link;
mod transfer;

use std::io::Write;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub use link::immutable;

use crate::error::{FetchError, Result};
use crate::observer::{Observer, check};
use crate::settings::Settings;
use crate::url::Url;

const MAX_REDIRECTS: usize = 10;
/// The pause before the first retry; it doubles.
const PAUSE: Duration = Duration::from_millis(250);
/// Of the body of an error, for the message.
const MAX_ERROR_BODY: usize = 2000;

/// One question to a server.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub url: String,
    /// Sent to this host alone, not where it redirects to.
    pub headers: Vec<(String, String)>,
    /// What is known already: the server may answer that it is still current.
    pub etag: Option<String>,
}

/// A download.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Downloaded {
    /// The server says that what was known is current; there is no body.
    pub unchanged: bool,
    pub etag: String,
    /// From the one asked for to the one that answered.
    pub urls: Vec<String>,
    /// What the `Link` header calls immutable.
    pub immutable: Option<String>,
}

/// Downloads for one process.
#[derive(Default)]
pub struct Http {
    running: Mutex<usize>,
    finished: Condvar,
    tls: OnceLock<std::result::Result<ureq::tls::TlsConfig, String>>,
}

/// What one attempt came to.
enum Attempt {
    Done(Downloaded),
    Failed { error: FetchError, again: bool, after: Option<Duration> },
}

impl Http {
    /// Writes the body of `request` to `out`, which is emptied before every attempt.
    pub fn download(&self, request: &Request, out: &mut std::fs::File, settings: &Settings, observer: &dyn Observer) -> Result<Downloaded> {
        if let Some(reason) = &settings.refuse_network {
            return Err(FetchError::Refused { url: request.url.clone(), reason: reason.clone() });
        }
        let _turn = self.turn(settings.connections, observer)?;
        observer.begins(&format!("downloading '{}'", Url::parse(&request.url)?.without_login()));
        let mut pause = PAUSE;
        for attempt in 1.. {
            match self.attempt(request, out, settings, observer)? {
                Attempt::Done(done) => return Ok(done),
                Attempt::Failed { error, again, after } => {
                    if !again || attempt >= settings.attempts.max(1) {
                        return Err(error);
                    }
                    let wait = after.unwrap_or(pause).min(Duration::from_secs(60));
                    observer.warn(&format!("{error}; retrying in {} ms", wait.as_millis()));
                    sleep(wait, observer)?;
                    pause *= 2;
                }
            }
        }
        unreachable!("attempts end by returning")
    }

    fn attempt(&self, request: &Request, out: &mut std::fs::File, settings: &Settings, observer: &dyn Observer) -> Result<Attempt> {
        let mut url = Url::parse(&request.url)?;
        let first_host = url.host.clone();
        let mut urls = vec![url.without_login()];
        loop {
            check(observer)?;
            if !matches!(url.scheme.as_str(), "http" | "https") {
                return Err(FetchError::BadUrl(url.without_login()));
            }
            let mut headers = Vec::new();
            let own = url.host == first_host;
            if own {
                headers.extend(request.headers.iter().cloned());
            }
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
                && let Some(login) = auth::login(&url, settings)
            {
                headers.push(("Authorization".to_owned(), login));
            }
            if let Some(etag) = request.etag.as_ref().filter(|etag| !etag.is_empty()) {
                headers.push(("If-None-Match".to_owned(), etag.clone()));
            }
            let tls = match url.scheme.as_str() {
                "https" => Some(self.tls(settings).map_err(|reason| FetchError::Download { url: url.without_login(), reason })?),
                _ => None,
            };
            let shown = url.without_login();
            let answer = transfer::run(&shown, headers, tls, out, settings, observer)?;
            let failed =
                |reason: String, again| Attempt::Failed { error: FetchError::Download { url: shown.clone(), reason }, again, after: None };
            let head = match answer {
                transfer::Answer::Failed { reason, again } => return Ok(failed(reason, again)),
                transfer::Answer::Head(head) => head,
            };
            match head.status {
                304 => {
                    let etag = request.etag.clone().unwrap_or_default();
                    return Ok(Attempt::Done(Downloaded { unchanged: true, etag, urls, immutable: head.immutable }));
                }
                301 | 302 | 303 | 307 | 308 => {
                    let Some(location) = head.location else { return Ok(failed("a redirect leads nowhere".to_owned(), false)) };
                    if urls.len() > MAX_REDIRECTS {
                        return Ok(failed(format!("more than {MAX_REDIRECTS} redirects"), false));
                    }
                    let next = url.join(&location)?;
                    // A password is not carried along to a line that others can read.
                    url = next;
                    urls.push(url.without_login());
                }
                200..=299 => {
                    return Ok(Attempt::Done(Downloaded { unchanged: false, etag: head.etag, urls, immutable: head.immutable }));
                }
                status => {
                    let again = matches!(status, 408 | 429 | 500 | 502 | 503 | 504 | 520..530);
                    let body = String::from_utf8_lossy(&head.error_body).trim().to_owned();
                    let body = if body.is_empty() { String::new() } else { format!("\n\nresponse body:\n\n{body}") };
                    return Ok(Attempt::Failed { error: FetchError::Status { url: shown, status, body }, again, after: head.retry_after });
                }
            }
        }
    }

    fn tls(&self, settings: &Settings) -> std::result::Result<ureq::tls::TlsConfig, String> {
        self.tls.get_or_init(|| auth::tls(settings)).clone()
    }

    /// Waits until few enough others are downloading.
    fn turn(&self, limit: usize, observer: &dyn Observer) -> Result<Turn<'_>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while limit > 0 && *running >= limit {
            check(observer)?;
            running = self.finished.wait_timeout(running, Duration::from_millis(20)).unwrap_or_else(PoisonError::into_inner).0;
        }
        *running += 1;
        Ok(Turn(self))
    }
}

struct Turn<'a>(&'a Http);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.finished.notify_one();
    }
}

fn sleep(time: Duration, observer: &dyn Observer) -> Result<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        check(observer)?;
        std::thread::sleep(Duration::from_millis(20).min(end.saturating_duration_since(Instant::now())));
    }
    Ok(())
}

/// Copies bytes to a file through the `Write` that is there for it.
fn write(out: &mut std::fs::File, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes).map_err(FetchError::io("write", std::path::Path::new("a temporary file")))
}
