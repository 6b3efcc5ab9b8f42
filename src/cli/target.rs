//! The target of a command, and the flags that select it again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tablewright_deploy::Target;

/// A target that was selected on the command line.
pub(crate) struct SelectedTarget {
    pub(crate) target: Target,
    /// Whether it is the sandbox, where no data can be lost.
    pub(crate) is_sandbox: bool,
    /// The flags that select it.
    pub(crate) flags: String,
    /// The names in CloudFormation of stacks that the definitions are not asked about, by their ids.
    pub(crate) stack_names: BTreeMap<String, String>,
    /// The folder of `deploy --from`.
    pub(crate) from: Option<PathBuf>,
}

impl SelectedTarget {
    pub(crate) const fn new(target: Target, is_sandbox: bool, flags: String) -> Self {
        Self { target, is_sandbox, flags, stack_names: BTreeMap::new(), from: None }
    }

    /// Marks the target as that of one of several environments.
    pub(crate) fn in_env(mut self, env: &str) -> Self {
        self.target.name = format!("{env} ({})", self.target.name);
        self.target.env = Some(env.to_owned());
        self.flags = format!(" --env {env}{}", self.flags);
        self
    }

    /// Asks for the account of the credentials, which a plan that is reviewed is bound to. An emulator need not know one.
    pub(crate) async fn know_account(&mut self) {
        if self.target.connection.endpoint.is_none() {
            self.target.account = self.target.connection.account().await.ok();
        }
    }

    /// Formats the command line for a command on a stack of this target, given by its id or by the arguments that select it.
    pub(crate) fn command(&self, command: &str, stack: &str) -> String {
        let flags = &self.flags;
        match (&self.from, self.stack_names.get(stack)) {
            (Some(folder), _) if command == "deploy" => {
                format!("`tablewright deploy {stack} --from {}{flags}`", folder.display())
            }
            (_, Some(name)) => format!("`tablewright {command} --stack-name {name}{flags}`"),
            (_, None) => format!("`tablewright {command} {stack}{flags}`"),
        }
    }
}
