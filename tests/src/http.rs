//! A server on this machine that gives the files of a folder.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

/// Serves until the process ends.
pub struct FileServer {
    pub url: String,
}

impl FileServer {
    /// # Panics
    /// If no port of this machine is free.
    pub fn new(folder: &Path) -> FileServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let folder = folder.to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folder = folder.clone();
                std::thread::spawn(move || drop(answer(stream, &folder)));
            }
        });
        FileServer { url }
    }
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut line = String::new();
        while reader.read_line(&mut line)? > 2 {
            line.clear();
        }
        let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
        let inside = !path.split('/').any(|part| part == "..");
        let file = Some(folder.join(path)).filter(|path: &PathBuf| inside && path.is_file());
        let (status, body) = match file {
            Some(file) => ("200 OK", std::fs::read(file)?),
            None => ("404 Not Found", b"nothing here".to_vec()),
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len())?;
        if !first.starts_with("HEAD ") {
            stream.write_all(&body)?;
        }
        stream.flush()?;
    }
}
