//! Standard output: whole frames, one after the other, written by a thread of its own.
//!
//! Answers come as JSON from the thread that worked them out; everything else comes from the library, as bytes.

use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use tokio::io::AsyncWrite;

/// One message in pieces, so that a large one is not copied.
#[derive(Debug)]
pub struct Frame {
    head: String,
    body: Vec<u8>,
    tail: &'static str,
}

impl Frame {
    /// `start`, `body` and `end`, one after the other, are the message.
    pub fn new(start: String, body: Vec<u8>, end: &'static str) -> Self {
        let length = start.len() + body.len() + end.len();
        Frame { head: format!("Content-Length: {length}\r\n\r\n{start}"), body, tail: end }
    }
}

/// Sends frames to the writer, and never blocks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Output(Sender<Option<Frame>>);

impl Output {
    pub fn send(&self, frame: Frame) {
        // Fails only when the client does not read any more.
        let _ = self.0.send(Some(frame));
    }
}

/// The thread that writes.
#[derive(Debug)]
pub struct Writer {
    /// Hears when the thread has ended.
    ended: Receiver<()>,
    frames: Sender<Option<Frame>>,
}

/// Starts the writing thread.
///
/// # Errors
/// If the machine gives no thread.
pub fn write_frames(output: impl Write + Send + 'static) -> std::io::Result<(Output, Writer)> {
    let (frames, receiver) = unbounded();
    let (running, ended) = bounded::<()>(0);
    std::thread::Builder::new().name("nival-stdout".into()).spawn(move || {
        // What cannot be written has no reader: the reading thread will notice, too.
        let _ = write_all(&receiver, output);
        drop(running);
    })?;
    Ok((Output(frames.clone()), Writer { ended, frames }))
}

fn write_all(frames: &Receiver<Option<Frame>>, output: impl Write) -> std::io::Result<()> {
    let mut output = std::io::BufWriter::with_capacity(64 << 10, output);
    while let Ok(Some(Frame { head, body, tail })) = frames.recv() {
        output.write_all(head.as_bytes())?;
        output.write_all(&body)?;
        output.write_all(tail.as_bytes())?;
        if frames.is_empty() {
            output.flush()?;
        }
    }
    output.flush()
}

impl Writer {
    /// Waits until everything is written that was sent before, but not for long.
    pub fn finish(self, patience: Duration) {
        let _ = self.frames.send(None);
        // Disconnected once the thread is gone.
        let _ = self.ended.recv_timeout(patience);
    }
}

/// What the library writes: bytes that become frames again.
#[derive(Debug)]
pub struct FromLibrary {
    output: Output,
    bytes: Vec<u8>,
}

impl FromLibrary {
    pub fn new(output: Output) -> Self {
        FromLibrary { output, bytes: Vec::new() }
    }

    /// Takes the first whole frame off.
    fn next(&mut self) -> Option<Frame> {
        const END: &[u8] = b"\r\n\r\n";
        let headers = self.bytes.windows(END.len()).position(|bytes| bytes == END)?;
        let length = self.bytes[..headers].rsplit(|byte| *byte == b' ').next()?;
        let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
        let start = headers + END.len();
        let rest = self.bytes.get(start + length..)?.to_vec();
        let mut frame = std::mem::replace(&mut self.bytes, rest);
        frame.truncate(start + length);
        Some(Frame { head: String::new(), body: frame, tail: "" })
    }
}

impl AsyncWrite for FromLibrary {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.bytes.extend_from_slice(bytes);
        while let Some(frame) = self.next() {
            self.output.send(frame);
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// An output whose frames come out of a channel as they would be written.
#[cfg(test)]
pub fn to_memory() -> (Output, impl Iterator<Item = Vec<u8>> + use<>) {
    let (frames, receiver) = unbounded::<Option<Frame>>();
    let bytes =
        move || receiver.try_recv().ok().flatten().map(|frame| [frame.head.as_bytes(), &frame.body, frame.tail.as_bytes()].concat());
    (Output(frames), std::iter::from_fn(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_the_library_become_frames() {
        let (output, mut written) = to_memory();
        let mut library = FromLibrary::new(output);
        let text = "Content-Length: 2\r\n\r\n{}Content-Length: 4\r\n\r\n[é]";
        let mut context = Context::from_waker(std::task::Waker::noop());
        for byte in text.as_bytes() {
            assert!(Pin::new(&mut library).poll_write(&mut context, &[*byte]).is_ready());
        }
        assert!(Pin::new(&mut library).poll_write(&mut context, text.as_bytes()).is_ready());
        let frames = [&text[..23], &text[23..]];
        for expected in frames.iter().chain(&frames) {
            assert_eq!(written.next().as_deref(), Some(expected.as_bytes()));
        }
        assert_eq!(written.next(), None);
    }
}
