//! The sandbox behind a port, for tools that cannot be given a connector: the AWS CLI, boto3, SAM.
//!
//! Only a loopback listener is accepted: the sandbox checks no signatures, and nothing beyond this machine may reach it. A web
//! page in a browser on this machine is beyond it too: [`guard`] refuses what comes from one.

mod guard;

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::sandbox::Sandbox;
use crate::wire::{Request, Response};

/// The longest that the body of a request may take to arrive.
const LONGEST_ARRIVAL: Duration = Duration::from_secs(60);
/// More than any call that AWS takes.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// Answers on `listener` until `shutdown` is done; calls that are being answered then are finished first.
pub async fn serve(
    sandbox: Sandbox,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the sandbox listens on loopback addresses only, not on {address}"),
        ));
    }
    let mut shutdown = pin!(shutdown);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(talk(sandbox.clone(), stream));
                }
                // Out of file handles, or a peer that left at once: neither ends the service.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
    Ok(())
}

async fn talk(sandbox: Sandbox, stream: TcpStream) {
    let service = service_fn(|request| answer(&sandbox, request));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(60))
        .serve_connection(TokioIo::new(stream), service);
    // hyper has answered a malformed request with 400; a broken connection concerns only the peer.
    let _ended = connection.await;
}

type Answer = Result<hyper::Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>>;

async fn answer(sandbox: &Sandbox, request: hyper::Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    if let Some(reason) = guard::refusal(&head) {
        return to_http(Response::new(403, "text/plain", "", format!("{reason}\n")));
    }
    let collected = tokio::time::timeout(LONGEST_ARRIVAL, Limited::new(body, LARGEST_BODY).collect());
    let body = match collected.await? {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return to_http(Response::new(413, "text/plain", "", "Request Entity Too Large"));
        }
        Err(error) => return Err(error),
    };
    let request = Request {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: body.to_vec(),
    };
    // An error here makes hyper close the connection without an answer: that is the injected fault.
    to_http(sandbox.answer(&request)?)
}

fn to_http(answer: Response) -> Answer {
    let mut response = hyper::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(Bytes::from(answer.body)))?)
}
