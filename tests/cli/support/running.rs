//! A run of the tool that is looked at while it goes on: no test waits for a time, only for a line.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use crate::support::{Output, Project};

pub(crate) struct Running<'a> {
    project: &'a Project,
    child: Child,
    stdout: BufReader<ChildStdout>,
    seen: String,
    stderr: Option<JoinHandle<String>>,
}

impl<'a> Running<'a> {
    pub(crate) fn start(project: &'a Project, command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Self { project, child, stdout, seen: String::new(), stderr: Some(stderr) }
    }

    /// Waits for a line on stdout that has `part` in it, and returns it.
    #[track_caller]
    pub(crate) fn line_with(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).unwrap() == 0 {
                let stderr = self.stderr.take().unwrap().join().unwrap();
                panic!("no line with `{part}` in\n{}\n{stderr}", self.seen);
            }
            self.seen.push_str(&line);
            if line.contains(part) {
                return line.trim_end().to_owned();
            }
        }
    }

    /// Sends a signal, such as `INT`, as a terminal or a CI system does.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Output {
        self.stdout.read_to_string(&mut self.seen).unwrap();
        let output = std::process::Output {
            status: self.child.wait().unwrap(),
            stdout: std::mem::take(&mut self.seen).into_bytes(),
            stderr: self.stderr.take().unwrap().join().unwrap().into_bytes(),
        };
        Output::of(output, self.project)
    }
}

/// A test that fails leaves nothing running.
impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
