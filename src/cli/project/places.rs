//! Source locations, as they are shown: relative to the current directory in text, and to the root of the repository in reports for
//! code hosts.
//!
//! The compiler names files relative to the root of cargo's workspace, whatever directory the tool runs in. A code host knows only
//! paths from the root of its repository.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use tablewright::{Place, Problem, Stack};

/// Where the stacks crate was compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// The directory that the compiler's names of files start from; canonical.
    root: PathBuf,
    /// The line that lists the stacks, relative to `root`.
    listed_at: Place,
}

impl Workspace {
    /// Finds the workspace of a crate from its directory and the place of its `stacks!`, as the compiler names it.
    pub(super) fn of(folder: &Path, listed_at: Place) -> Option<Self> {
        let folder = folder.canonicalize().ok()?;
        let has_file = |root: &&Path| root.join(&listed_at.file).is_file();
        let is_of_crate = |root: &&Path| root.join(&listed_at.file).starts_with(&folder);
        let root = folder.ancestors().filter(has_file).find(is_of_crate);
        // `[[bin]] path = "../main.rs"` is outside of the directory of its crate.
        let root = root.or_else(|| folder.ancestors().find(has_file))?.to_owned();
        Some(Self { root, listed_at })
    }

    /// Returns the line that lists the stacks, relative to the current directory.
    pub(crate) fn listed_at(&self) -> Place {
        self.here(&self.listed_at)
    }

    /// Returns a place of the compiler's relative to the current directory.
    pub(crate) fn here(&self, place: &Place) -> Place {
        let file = current_folder().and_then(|here| self.seen_from(&here, &place.file));
        Place { file: file.unwrap_or_else(|| place.file.clone()), line: place.line }
    }

    /// Sets the places of problems relative to the current directory.
    pub(crate) fn show_here(&self, problems: &mut [Problem]) {
        for problem in problems {
            problem.at = self.here(&problem.at);
        }
    }

    /// Sets the places of a stack relative to the current directory. A template is rendered before: its header names the file as the
    /// compiler does, so that it is the same in every directory.
    pub(crate) fn show_stack_here(&self, stack: &mut Stack) {
        stack.for_each_place(|place| *place = self.here(place));
    }

    fn seen_from(&self, here: &Path, file: &str) -> Option<String> {
        // `--remap-path-prefix` can name files that do not exist.
        let path = Some(self.root.join(file)).filter(|path| path.is_file())?;
        // The source of a dependency is named by its whole path.
        if Path::new(file).is_absolute() {
            return None;
        }
        relative(here, &path)
    }
}

/// The files that a report can name: those of a git repository, else those of a project.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    root: PathBuf,
    /// Whether the root is that of a git repository or of a project.
    is_known: bool,
    here: PathBuf,
}

impl Repository {
    /// Finds the repository of a project, or of the current directory. Outside of any, it is the project itself.
    pub(crate) fn of(project: Option<&Path>) -> Self {
        let here = current_folder().unwrap_or_default();
        let start = project.and_then(|folder| folder.canonicalize().ok()).unwrap_or_else(|| here.clone());
        let root = git_root(&start, ceilings().as_deref());
        Self { root: root.unwrap_or(&start).to_owned(), is_known: root.is_some() || project.is_some(), here }
    }

    /// Returns the path from the root of the repository of a file that is named relative to the current directory; `None` for a
    /// file outside of it.
    pub(crate) fn path(&self, file: &str) -> Option<String> {
        let path = real(&lexical(&self.here.join(file)));
        // Where the tool runs in no repository and no project, a file can still be in one.
        let own = (!self.is_known).then(|| git_root(path.parent()?, ceilings().as_deref())).flatten();
        let below =
            path.strip_prefix(own.unwrap_or(&self.root)).ok().filter(|below| *below != Path::new(""))?;
        Some(slashed(below))
    }
}

/// Returns a path relative to the current directory.
pub(crate) fn from_here(path: &Path) -> String {
    let found = current_folder().and_then(|here| relative(&here, path));
    found.unwrap_or_else(|| path.display().to_string())
}

fn current_folder() -> Option<PathBuf> {
    std::env::current_dir().and_then(|here| here.canonicalize()).ok()
}

fn ceilings() -> Option<OsString> {
    std::env::var_os("GIT_CEILING_DIRECTORIES")
}

/// Returns the root of the git repository that a directory is in: git itself refuses to tell in a directory of another user, as in a
/// container of a CI system. `ceilings` are directories that are not searched, as git has them.
fn git_root<'a>(folder: &'a Path, ceilings: Option<&OsStr>) -> Option<&'a Path> {
    let ceilings: Vec<PathBuf> =
        ceilings.map(|list| std::env::split_paths(list).collect()).unwrap_or_default();
    let ceilings: Vec<PathBuf> = ceilings.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
    // `.git` is a file in a worktree and in a submodule.
    folder
        .ancestors()
        .take_while(|above| *above == folder || !ceilings.iter().any(|ceiling| ceiling == above))
        .find(|above| above.join(".git").exists())
}

/// Resolves symlinks in the part of a path that exists: a host knows a file below a linked directory by its real path only. A link to a file
/// elsewhere stays what it is.
fn real(path: &Path) -> PathBuf {
    let above = path.parent().map(|above| above.canonicalize().unwrap_or_else(|_| real(above)));
    match (above, path.file_name()) {
        (Some(above), Some(name)) => above.join(name),
        _ => path.to_owned(),
    }
}

/// Removes `.` and `..`.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

/// Returns the path from one directory to a file; both are absolute.
fn relative(from: &Path, to: &Path) -> Option<String> {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(shared)).collect();
    (path != Path::new("")).then(|| slashed(&path))
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A directory of a test, without symlinks in its path.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, files: &[&str]) -> Self {
            let name = format!("tablewright-places-{}-{name}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            let _ = fs::remove_dir_all(&folder);
            for file in files {
                let path = folder.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            Self(folder.canonicalize().unwrap())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn place(file: &str) -> Place {
        Place { file: file.to_owned(), line: 1 }
    }

    #[test]
    fn the_workspace_is_found_from_its_own_names() {
        let folder = Folder::new(
            "workspace",
            &["stacks/main.rs", "stacks/src/main.rs", "src/main.rs", "infra/stacks/stacks/main.rs"],
        );
        let root = |crate_folder: &str, file: &str| {
            let found = Workspace::of(&folder.0.join(crate_folder), place(file))?;
            Some(slashed(found.root.strip_prefix(&folder.0).unwrap()))
        };
        // A crate of its own, one of a workspace, and one of a workspace below the root.
        assert_eq!(root("stacks", "main.rs").as_deref(), Some("stacks"));
        assert_eq!(root("stacks", "stacks/main.rs").as_deref(), Some(""));
        assert_eq!(root("infra/stacks/stacks", "stacks/main.rs").as_deref(), Some("infra/stacks"));
        // The crate above has a file of the same name.
        assert_eq!(root("stacks", "stacks/src/main.rs").as_deref(), Some(""));
        assert_eq!(root("stacks", "src/main.rs").as_deref(), Some("stacks"));
        assert_eq!(root("stacks", "remapped/main.rs"), None);
    }

    #[test]
    fn places_are_relative_to_the_directory_of_the_user() {
        let folder = Folder::new("here", &["infra/stacks/notes.rs", "web/a.js"]);
        let workspace = Workspace { root: folder.0.join("infra"), listed_at: place("stacks/main.rs") };
        let seen = |from: &str, file: &str| workspace.seen_from(&folder.0.join(from), file);
        assert_eq!(seen("", "stacks/notes.rs").as_deref(), Some("infra/stacks/notes.rs"));
        assert_eq!(seen("infra", "stacks/notes.rs").as_deref(), Some("stacks/notes.rs"));
        assert_eq!(seen("infra/stacks", "stacks/notes.rs").as_deref(), Some("notes.rs"));
        assert_eq!(seen("web", "stacks/notes.rs").as_deref(), Some("../infra/stacks/notes.rs"));
        assert_eq!(seen("web", "remapped/notes.rs"), None);
        assert_eq!(
            seen("web", &folder.0.join("web/a.js").to_string_lossy()),
            None,
            "as the compiler names it"
        );
    }

    #[test]
    fn paths_are_relative_to_the_root_of_the_repository() {
        let folder =
            Folder::new("repository", &["r/.git/HEAD", "r/my stäcks/notes.rs", "r/web/a.js", "out.rs"]);
        let path = |from: &str, file: &str| {
            let here = folder.0.join(from);
            let root = git_root(&here, None).unwrap().to_owned();
            Repository { root, is_known: true, here }.path(file)
        };
        assert_eq!(path("r", "my stäcks/notes.rs").as_deref(), Some("my stäcks/notes.rs"));
        assert_eq!(path("r/my stäcks", "./notes.rs").as_deref(), Some("my stäcks/notes.rs"));
        assert_eq!(path("r/web", "../my stäcks/notes.rs").as_deref(), Some("my stäcks/notes.rs"));
        assert_eq!(
            path("r/web", "gone/old.yaml").as_deref(),
            Some("web/gone/old.yaml"),
            "a file of another commit"
        );
        assert_eq!(path("r/web", "../../out.rs"), None);
        assert_eq!(
            path("r/web", &folder.0.join("r/web/a.js").to_string_lossy()).as_deref(),
            Some("web/a.js")
        );
        assert_eq!(path("r", "."), None);
        let outside = Repository { root: folder.0.clone(), is_known: false, here: folder.0.clone() };
        assert_eq!(outside.path("r/web/a.js").as_deref(), Some("web/a.js"), "of the repository of the file");
        assert_eq!(outside.path("out.rs").as_deref(), Some("out.rs"));
    }

    #[test]
    fn a_worktree_is_a_repository_and_a_ceiling_ends_the_search() {
        let folder =
            Folder::new("worktree", &["r/.git/HEAD", "r/tree/.git", "r/tree/stacks/notes.rs", "r/b/c/d"]);
        let root = |from: &str, ceiling: &str| {
            let (from, ceiling) = (folder.0.join(from), folder.0.join(ceiling));
            git_root(&from, Some(ceiling.as_os_str()))
                .map(|root| slashed(root.strip_prefix(&folder.0).unwrap()))
        };
        assert_eq!(root("r/tree/stacks", "none").as_deref(), Some("r/tree"));
        assert_eq!(root("r/b/c", "none").as_deref(), Some("r"));
        assert_eq!(root("r/b/c", "r/b"), None);
        // As in git, the directory itself is looked at.
        assert_eq!(root("r", "r").as_deref(), Some("r"));
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_directory_is_named_by_its_real_path() {
        let folder = Folder::new("link", &["r/.git/HEAD", "r/infra/stacks/notes.rs"]);
        std::os::unix::fs::symlink("infra/stacks", folder.0.join("r/stacks")).unwrap();
        std::os::unix::fs::symlink(folder.0.join("r"), folder.0.join("l")).unwrap();
        let repository = Repository { root: folder.0.join("r"), is_known: true, here: folder.0.join("r") };
        assert_eq!(repository.path("stacks/notes.rs").as_deref(), Some("infra/stacks/notes.rs"));
        let through_link = folder.0.join("l/stacks/notes.rs");
        assert_eq!(
            repository.path(&through_link.to_string_lossy()).as_deref(),
            Some("infra/stacks/notes.rs")
        );
    }
}
