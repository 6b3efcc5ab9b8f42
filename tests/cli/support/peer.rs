//! Somebody at the other end of a loopback port who is not CloudFormation.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

pub(crate) struct Peer {
    pub(crate) url: String,
}

impl Peer {
    /// Answers every request with a page. It ends with the test program.
    pub(crate) fn with_page(status: &'static str, page: &'static str) -> Self {
        Self::answering(move |_| (status, page.to_owned()))
    }

    /// Answers each request, head and body, as `answer` says.
    pub(crate) fn answering(answer: impl Fn(&str) -> (&'static str, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (status, page) = answer(&request(&mut stream));
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                    page.len()
                );
            }
        });
        Self { url }
    }

    /// Takes connections and never answers. It ends with the value that is returned beside it.
    pub(crate) fn silent() -> (Self, TcpListener) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        (Self { url: format!("http://{}", listener.local_addr().unwrap()) }, listener)
    }

    /// A port that nobody listens on.
    pub(crate) fn nobody() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self { url: format!("http://{}", listener.local_addr().unwrap()) }
    }
}

/// Reads a request to its end, as its head tells it.
fn request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut piece = [0; 65_536];
    loop {
        let text = String::from_utf8_lossy(&read).to_lowercase();
        let length =
            text.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
        if text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length.unwrap_or(0)) {
            return String::from_utf8(read).unwrap();
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&read).into_owned(),
            Ok(count) => read.extend_from_slice(&piece[..count]),
        }
    }
}
