//! The state file: kept between processes, shared, and refused when it is not ours.

use std::path::PathBuf;
use std::time::Duration;

use tablewright_sandbox::{Clock, Options, Sandbox, VirtualClock, serve};

use crate::support::{Wire, clients, notes};

/// A folder that is removed with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tablewright-sandbox-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("below").join("state.json")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn open(folder: &Folder, clock: &VirtualClock) -> Sandbox {
    let options = Options { clock: Clock::Virtual(clock.clone()), ..Options::default() };
    Sandbox::at(folder.file(), options).unwrap()
}

#[tokio::test]
async fn an_operation_goes_on_in_the_next_process() {
    let folder = Folder::new("next");
    let clock = VirtualClock::default();
    let world = clients(open(&folder, &clock), clock.clone());
    world.cfn.create_stack().stack_name("app").template_body(notes(|_| ())).send().await.unwrap();
    clock.advance(Duration::from_secs(5));
    assert_eq!(world.status("app").await, "CREATE_IN_PROGRESS");
    drop(world);
    clock.advance(Duration::from_secs(60));
    let world = clients(open(&folder, &clock), clock.clone());
    assert_eq!(world.status("app").await, "CREATE_COMPLETE");
    // Events carry the times at which they were due, not those at which somebody looked.
    let events = world.events("app").await;
    let seconds: Vec<i64> =
        events.iter().map(|event| event.timestamp().unwrap().secs() - 1_767_225_600).collect();
    assert_eq!(seconds, [0, 3, 4, 14, 15]);
    Sandbox::reset(folder.file()).unwrap();
    Sandbox::reset(folder.file()).unwrap();
    let world = clients(open(&folder, &clock), clock);
    assert!(world.cfn.list_stacks().send().await.unwrap().stack_summaries().is_empty());
}

#[tokio::test]
async fn looking_does_not_write() {
    let folder = Folder::new("look");
    let clock = VirtualClock::default();
    let world = clients(open(&folder, &clock), clock.clone());
    world.create("app", &notes(|_| ())).await;
    let before = std::fs::metadata(folder.file()).unwrap().modified().unwrap();
    let bytes = std::fs::read(folder.file()).unwrap();
    clock.advance(Duration::from_secs(3));
    world.status("app").await;
    assert!(world.cfn.describe_stacks().stack_name("none").send().await.is_err());
    assert_eq!(std::fs::metadata(folder.file()).unwrap().modified().unwrap(), before);
    assert_eq!(std::fs::read(folder.file()).unwrap(), bytes);
    let left: Vec<_> =
        std::fs::read_dir(folder.file().parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the state and its lock: {left:?}");
}

#[cfg(unix)]
#[test]
fn a_state_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("private");
    let (file, planted) = (folder.file(), folder.file().with_extension("json.new"));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let elsewhere = folder.0.join("elsewhere");
    std::fs::write(&elsewhere, "not ours").unwrap();
    std::os::unix::fs::symlink(&elsewhere, &planted).unwrap();
    let wire = Wire { sandbox: open(&folder, &VirtualClock::default()), clock: VirtualClock::default() };
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &notes(|_| ()))]);
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "not ours");
    assert!(std::fs::symlink_metadata(&file).unwrap().is_file());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn several_may_write_at_once() {
    let folder = Folder::new("many");
    let clock = VirtualClock::default();
    let path = folder.file();
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let options = Options { clock: Clock::Virtual(clock.clone()), ..Options::default() };
            let sandbox = Sandbox::at(&path, options).unwrap();
            std::thread::spawn(move || {
                for turn in 0..10 {
                    let body = format!(
                        "Action=CreateStack&Version=2010-05-15&StackName=s{number}-{turn}&TemplateBody=%7B%22Resources%22%3A%7B%22H%22%3A\
                         %7B%22Type%22%3A%22AWS%3A%3ACloudFormation%3A%3AWaitConditionHandle%22%7D%7D%7D"
                    );
                    let request = tablewright_sandbox::Request { method: "POST".into(), path: "/".into(), headers: vec![], body: body.into_bytes() };
                    assert_eq!(sandbox.answer(&request).unwrap().status, 200);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let state: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(state["regions"]["by_name"]["us-east-1"]["stacks"].as_array().unwrap().len(), 40);
}

#[test]
fn what_is_not_ours_is_refused_and_kept() {
    let check = |text: &str, expected: &str| {
        let folder = Folder::new("foreign");
        std::fs::create_dir_all(folder.file().parent().unwrap()).unwrap();
        std::fs::write(folder.file(), text).unwrap();
        let error = Sandbox::at(folder.file(), Options::default()).unwrap_err().to_string();
        assert!(error.contains("state.json") && error.contains(expected), "{error}");
        assert!(error.contains("`tablewright sandbox reset`"), "{error}");
        assert_eq!(std::fs::read_to_string(folder.file()).unwrap(), text);
    };
    check("", "is not a sandbox state file");
    check("{\"a\":1}", "is not a sandbox state file");
    check("{\"tablewright_sandbox\":1,\"seed\":", "is not a sandbox state file");
    check("{\"tablewright_sandbox\":99}", "has sandbox state format 99, this version reads 2");
}

/// A file of format 2, kept as it was written: stack `app` in the middle of an update (table with indexes, streams, key and
/// time to live, global table, nested stack, hook, rollback trigger, drift detection), and an IMPORT change set that waits.
const FORMAT_2: &[u8] = include_bytes!("../data/state-2.json");

#[test]
fn a_file_of_an_earlier_version_is_read() {
    let folder = Folder::new("earlier");
    std::fs::create_dir_all(folder.file().parent().unwrap()).unwrap();
    std::fs::write(folder.file(), FORMAT_2).unwrap();
    let clock = VirtualClock::default();
    clock.advance(Duration::from_secs(338));
    let wire = Wire { sandbox: open(&folder, &clock), clock };
    assert_eq!(wire.status("app"), "UPDATE_IN_PROGRESS");
    // Written again as it was read: a change of the format cannot go unnoticed, it needs another number.
    assert_eq!(std::fs::read(folder.file()).unwrap(), FORMAT_2);
    wire.wait(900);
    assert_eq!(wire.status("app"), "UPDATE_COMPLETE");
    assert_eq!(wire.stack("app")["DriftInformation"]["StackDriftStatus"], "DRIFTED");
    wire.call("ExecuteChangeSet", &[("StackName", "taken"), ("ChangeSetName", "adopt")]);
    wire.wait(60);
    assert_eq!(wire.status("taken"), "IMPORT_COMPLETE");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = Folder::new("blocked");
    std::fs::write(folder.0.join("below"), "a file, not a folder").unwrap();
    let error = Sandbox::at(folder.file(), Options::default()).unwrap_err();
    assert!(error.to_string().starts_with("failed to create "), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_file_that_breaks_later_is_an_answer() {
    let folder = Folder::new("later");
    let sandbox = Sandbox::at(folder.file(), Options::default()).unwrap();
    std::fs::write(folder.file(), "torn").unwrap();
    let body = b"Action=ListStacks&Version=2010-05-15".to_vec();
    let request =
        tablewright_sandbox::Request { method: "POST".into(), path: "/".into(), headers: vec![], body };
    let answer = sandbox.answer(&request).unwrap();
    // A client does not try again what cannot pass by itself.
    assert_eq!(answer.status, 400);
    assert!(String::from_utf8(answer.body).unwrap().contains("is not a sandbox state file"));
}

#[tokio::test]
async fn the_listener_answers_on_loopback() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let sandbox = Sandbox::in_memory(Options::default());
    let server = tokio::spawn(serve(sandbox, listener, async {
        let _dropped = stopped.await;
    }));
    let ask = async |text: &str| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let body = "Action=DescribeStacks&Version=2010-05-15&StackName=app";
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(&head).await;
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request"), "{answer}");
    assert!(answer.contains("Stack with id app does not exist"), "{answer}");
    assert!(ask("nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400 Bad Request"));
    let get = |query: &str, more: &str| {
        format!("GET /?{query}&Version=2010-05-15 HTTP/1.1\r\nconnection: close\r\n{more}\r\n\r\n")
    };
    let list = "Action=ListStacks";
    assert!(ask(&get(list, &format!("host: {address}"))).await.contains("<StackSummaries/>"));
    // What a web page sends, by its own name for this machine or across sites, is not answered.
    for more in [
        "host: evil.example".to_owned(),
        format!("host: {address}\r\norigin: https://evil.example"),
        format!("host: {address}\r\nsec-fetch-site: cross-site"),
    ] {
        assert!(ask(&get(list, &more)).await.starts_with("HTTP/1.1 403 Forbidden"), "{more}");
    }
    let image = get("Action=DeleteStack&StackName=app", &format!("host: {address}"));
    assert!(ask(&image).await.starts_with("HTTP/1.1 403 Forbidden"));
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();

    let everywhere = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let error =
        serve(Sandbox::in_memory(Options::default()), everywhere, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains("loopback addresses only"), "{error}");
}
