//! What a web page could make a browser send is refused: the sandbox checks no signatures, so a page could create and delete
//! stacks.
//!
//! A page that has its own name resolve to this machine (DNS rebinding) is known by the `Host` that it sends; a page that sends
//! forms or loads images across sites is known by `Origin` and `Sec-Fetch-Site`, which browsers set and pages cannot. The rule
//! and its words are ours.

use hyper::header::{AUTHORIZATION, HOST, ORIGIN};
use hyper::http::request::Parts;
use hyper::{Method, Uri};

use crate::service_call::reads_only;

/// Names under which this machine is reached, also from a container of Docker or Podman.
const NAMES: &[&str] =
    &["localhost", "127.0.0.1", "[::1]", "::1", "host.docker.internal", "host.containers.internal"];

/// Why a request is refused; `None` when it is answered.
pub(super) fn refusal(head: &Parts) -> Option<String> {
    let text = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(HOST.as_str()).unwrap_or_default();
    if !is_here(host) {
        return Some(format!(
            "the sandbox answers on this machine's own names only, not on {host}: use 127.0.0.1 or localhost"
        ));
    }
    // An S3 client in virtual-host style has a name below ours, and no form comes from there.
    if let Some(origin) = text(ORIGIN.as_str()).filter(|origin| !is_same(origin, host)) {
        return Some(format!("the sandbox does not answer web pages; this request comes from {origin}"));
    }
    if let Some(site @ ("cross-site" | "same-site")) = text("sec-fetch-site") {
        return Some(format!("the sandbox does not answer web pages; this request is {site}"));
    }
    // Browsers before `Sec-Fetch-Site` load an image without telling from where, but cannot sign.
    let is_simple = matches!(head.method, Method::GET | Method::HEAD);
    if is_simple && changes_something(&head.uri) && !head.headers.contains_key(AUTHORIZATION) {
        return Some(
            "the sandbox answers a call by GET that changes something only when it is signed".to_owned(),
        );
    }
    None
}

fn is_here(host: &str) -> bool {
    let name = without_port(host).to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || name.ends_with(".localhost")
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.ends_with(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether an origin is the address that the request was sent to.
fn is_same(origin: &str, host: &str) -> bool {
    origin.strip_prefix("http://") == Some(host)
}

fn changes_something(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "Action" && !reads_only(&value))
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn check(method: &str, uri: &str, headers: &[(&str, &str)], refused: bool) {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).expect("the request is well-formed").into_parts();
        let refusal = refusal(&head);
        assert_eq!(refusal.is_some(), refused, "{method} {uri} {headers:?}: {refusal:?}");
    }

    #[test]
    fn hosts_are_this_machine() {
        for host in [
            "127.0.0.1:4566",
            "localhost",
            "LocalHost:1",
            "[::1]:80",
            "bucket.localhost:4566",
            "host.docker.internal:80",
            "host.containers.internal:80",
        ] {
            check("POST", "/", &[("host", host)], false);
        }
        for host in [
            "evil.example",
            "evil.example:4566",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "",
            "10.0.0.1",
        ] {
            check("POST", "/", &[("host", host)], true);
        }
        check("POST", "/", &[], true);
    }

    #[test]
    fn pages_are_refused() {
        let host = ("host", "127.0.0.1:4566");
        for origin in ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1:1"] {
            check("POST", "/", &[host, ("origin", origin)], true);
        }
        check("POST", "/", &[host, ("origin", "http://127.0.0.1:4566")], false);
        check("POST", "/", &[host, ("sec-fetch-site", "cross-site")], true);
        check("POST", "/", &[host, ("sec-fetch-site", "same-site")], true);
        check("GET", "/", &[host, ("sec-fetch-site", "none")], false);
        // An image of an older browser.
        let image = "/?Action=DeleteStack&StackName=app";
        check("GET", image, &[host], true);
        check("HEAD", image, &[host], true);
        check("GET", "/?StackName=app&Action=DeleteStack", &[host], true);
        check("GET", "/?Action=ListStacks&%41ction=%44eleteStack", &[host], true);
        check("GET", "/?Action=ListStacks&Version=2010-05-15", &[host], false);
        check("GET", image, &[host, ("authorization", "AWS4-HMAC-SHA256 Credential=a/b")], false);
        check("GET", "/bucket/key", &[host], false);
    }
}
