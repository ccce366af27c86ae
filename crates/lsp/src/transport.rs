//! Standard input as checked frames.
//!
//! A thread reads and splits the stream, because the decoder behind it ends the connection at the first broken message and
//! buffers whatever size a header claims. Here a frame has a maximal size and holds one valid message, or else is replaced
//! by a notification called [`MALFORMED`], which the service answers with an error.

use std::io::{BufRead, BufReader, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use crossbeam::channel::Sender;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;
use tower_lsp_server::jsonrpc::{Request, Response};

use crate::main_loop::Event;

/// The largest message that is read, in bytes.
pub const MAX_FRAME: usize = 128 << 20;
/// The longest header section, in bytes.
const MAX_HEADERS: u64 = 16 << 10;
/// How many frames wait between the reading thread and the decoder.
const QUEUE: usize = 64;
/// What stands in place of a message that cannot be decoded. Its parameter is the reason.
pub const MALFORMED: &str = "$/nival/malformed";

#[derive(Debug, thiserror::Error)]
enum FrameError {
    /// The stream ended or broke; nothing can follow.
    #[error("{0}")]
    Ended(String),
    /// This message is unusable, the next one may be fine.
    #[error("{0}")]
    Bad(String),
}

/// Starts the reading thread. When the stream ends, the main loop hears of it.
pub fn read_frames(input: impl Read + Send + 'static, events: Sender<Event>) -> Frames {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let work = move || {
        let mut input = BufReader::with_capacity(1 << 16, input);
        loop {
            let body = match read_frame(&mut input) {
                Ok(body) => body,
                Err(FrameError::Bad(reason)) => malformed(&reason),
                Err(FrameError::Ended(_)) => break,
            };
            if sender.blocking_send(frame(&body)).is_err() {
                break;
            }
        }
        let _ = events.send(Event::Disconnected);
    };
    if std::thread::Builder::new().name("nival-stdin".into()).spawn(work).is_err() {
        // Without the thread the channel is closed: the connection ends at once.
        eprintln!("nival lsp: cannot start a thread");
    }
    Frames { receiver, current: Vec::new(), at: 0 }
}

fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    frame
}

fn malformed(reason: &str) -> Vec<u8> {
    serde_json::json!({ "jsonrpc": "2.0", "method": MALFORMED, "params": { "reason": reason } }).to_string().into_bytes()
}

/// Reads one message; the body is valid JSON of the shape of a request, a notification or a response.
fn read_frame(input: &mut impl BufRead) -> Result<Vec<u8>, FrameError> {
    let length = read_headers(input)?;
    if length > MAX_FRAME {
        let skipped = std::io::copy(&mut input.take(length as u64), &mut std::io::sink());
        skipped.map_err(|error| FrameError::Ended(error.to_string()))?;
        return Err(FrameError::Bad(format!("a message of {length} bytes; the limit is {MAX_FRAME}")));
    }
    let mut body = Vec::new();
    let read = input.take(length as u64).read_to_end(&mut body).map_err(|error| FrameError::Ended(error.to_string()))?;
    if read < length {
        return Err(FrameError::Ended("the stream ends within a message".into()));
    }
    check(&body).map_err(FrameError::Bad)?;
    Ok(body)
}

fn check(body: &[u8]) -> Result<(), String> {
    match serde_json::from_slice::<Request>(body) {
        Ok(request) if !request.method().is_empty() => Ok(()),
        Ok(_) => serde_json::from_slice::<Response>(body).map(|_| ()).map_err(|error| error.to_string()),
        Err(error) => serde_json::from_slice::<Response>(body).map(|_| ()).map_err(|_| error.to_string()),
    }
}

/// Reads header lines up to the empty one; the value of `Content-Length`.
fn read_headers(input: &mut impl BufRead) -> Result<usize, FrameError> {
    let mut length = None;
    let mut budget = MAX_HEADERS;
    loop {
        let mut line = Vec::new();
        let read = input.take(budget).read_until(b'\n', &mut line).map_err(|error| FrameError::Ended(error.to_string()))?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Err(FrameError::Ended("the stream ends, or a header does not".into()));
        }
        budget -= read as u64;
        let line = line.trim_ascii();
        if line.is_empty() {
            return match length {
                Some(length) => Ok(length),
                // A blank line between messages does no harm.
                None => continue,
            };
        }
        if let Some(colon) = line.iter().position(|byte| *byte == b':')
            && line[..colon].eq_ignore_ascii_case(b"content-length")
        {
            let value = std::str::from_utf8(&line[colon + 1..]).ok().and_then(|text| text.trim().parse().ok());
            length = Some(value.ok_or_else(|| FrameError::Ended("the length of a message is not a number".into()))?);
        }
    }
}

/// The frames as a stream of bytes, one frame at a time.
pub struct Frames {
    receiver: mpsc::Receiver<Vec<u8>>,
    current: Vec<u8>,
    at: usize,
}

impl AsyncRead for Frames {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if self.at == self.current.len() {
            match self.receiver.poll_recv(context) {
                Poll::Ready(Some(frame)) => (self.current, self.at) = (frame, 0),
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
        }
        let rest = &self.current[self.at..];
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        self.at += count;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check_stream(bytes: &[u8], expected: Expect) {
        let mut input = BufReader::new(bytes);
        let mut shown = String::new();
        loop {
            match read_frame(&mut input) {
                Ok(body) => shown.push_str(&format!("message {}\n", String::from_utf8_lossy(&body))),
                Err(FrameError::Bad(reason)) => shown.push_str(&format!("bad: {reason}\n")),
                Err(FrameError::Ended(reason)) => {
                    shown.push_str(&format!("end: {reason}\n"));
                    break;
                }
            }
        }
        expected.assert_eq(&shown);
    }

    fn message(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn broken_messages_cost_only_themselves() {
        let good = message(r#"{"jsonrpc":"2.0","method":"a"}"#);
        let stream =
            [&message("{"), &good, &message("[]"), &message(r#"{"jsonrpc":"2.0","id":1,"result":null}"#), &message("\u{ff}"), &good]
                .map(|s| s.as_str())
                .concat();
        check_stream(
            stream.as_bytes(),
            expect![[r#"
                bad: EOF while parsing an object at line 1 column 1
                message {"jsonrpc":"2.0","method":"a"}
                bad: invalid length 0, expected struct Request with 4 elements at line 1 column 2
                message {"jsonrpc":"2.0","id":1,"result":null}
                bad: expected value at line 1 column 1
                message {"jsonrpc":"2.0","method":"a"}
                end: the stream ends, or a header does not
            "#]],
        );
    }

    #[test]
    fn sizes_are_not_believed() {
        check_stream(
            b"Content-Length: 99999999999999999999\r\n\r\n",
            expect![[r#"
            end: the length of a message is not a number
        "#]],
        );
        check_stream(
            b"Content-Length: 1099511627776\r\n\r\n{}",
            expect![[r#"
            bad: a message of 1099511627776 bytes; the limit is 134217728
            end: the stream ends, or a header does not
        "#]],
        );
        check_stream(
            &vec![b'x'; 100_000],
            expect![[r#"
            end: the stream ends, or a header does not
        "#]],
        );
        check_stream(
            b"Content-Length: 10\r\n\r\n{}",
            expect![[r#"
            end: the stream ends within a message
        "#]],
        );
    }
}
