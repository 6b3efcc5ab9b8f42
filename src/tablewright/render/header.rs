//! The header comment of rendered files: tool version, source, command to render again, and a checksum of the rest of the file to
//! detect edits. It does not depend on the machine or date.

use crate::render::Form;
use crate::render::checksum::sha256;
use crate::render::comment::line;
use crate::stack::Stack;

/// Returns the body with the header. `notes` are additional lines above the checksum.
pub(super) fn with_header(stack: &Stack, env: &str, form: Form, notes: &[String], body: &str) -> String {
    let [id, env, file] = [&stack.id, env, &stack.at.file].map(line);
    let (part, flag) = match form {
        Form::Yaml | Form::Json | Form::JsonCompact => ("", ""),
        Form::Include => (", its resources to be included in another template", " --format include"),
        Form::Nested => (", to be nested in another one", " --format nested"),
    };
    let body = format!("{}\n", body.trim_end());
    let version = env!("CARGO_PKG_VERSION");
    let notes: String = notes.iter().map(|note| format!("# {}\n", line(note))).collect();
    format!(
        "# Stack `{id}` of environment `{env}`{part}, made by tablewright {version} from {file}.\n\
         # Do not edit: change the definition, then run `tablewright render {id} --env {env}{flag}`.\n\
         {notes}\
         # sha256 of what follows: {}\n\
         {body}",
        sha256(body.as_bytes())
    )
}

/// Whether a text has the header of this tool.
#[must_use]
pub fn is_ours(text: &str) -> bool {
    text.starts_with("# Stack `")
        && text.lines().next().is_some_and(|line| line.contains("made by tablewright "))
}
