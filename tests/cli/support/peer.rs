//! Somebody at the other end of a loopback port who is not CloudFormation.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

pub(crate) struct Peer {
    pub(crate) url: String,
}

impl Peer {
    /// Answers every request with a page. It ends with the test program.
    pub(crate) fn with_page(status: &'static str, page: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // One read is enough: the request fits into it, and nobody looks at it.
                let _ = stream.read(&mut [0; 65_536]);
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
                    page.len()
                );
            }
        });
        Self { url }
    }

    /// A port that nobody listens on.
    pub(crate) fn nobody() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self { url: format!("http://{}", listener.local_addr().unwrap()) }
    }
}
