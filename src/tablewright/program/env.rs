//! The environment that a stack is created for: its name, account, Region, profile and settings.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// An environment of `tablewright.toml`, passed to every stack function.
///
/// Stack functions decide everything when the stack is created, not on deployment, so that the reviewed template is exactly what
/// is deployed.
///
/// ```
/// use tablewright::Env;
///
/// let env = Env::new("shop", "prod")
///     .located(Some("eu-west-1".into()), Some("444455556666".into()))
///     .with_protection(true);
/// assert!(env.is("prod"));
/// assert_eq!((env.project(), env.name(), env.region()), ("shop", "prod", Some("eu-west-1")));
/// assert_eq!(env.account(), Some("444455556666"));
/// assert!(env.protected());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Env {
    project: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    profile: Profile,
    #[serde(default = "default_table_name")]
    table_name: String,
    #[serde(default = "default_stack_name")]
    stack_name: String,
    #[serde(default)]
    config: serde_json::Map<String, serde_json::Value>,
}

/// Defaults for settings that a definition leaves open. Settings of the definition take precedence in every profile;
/// `check::check_policy` (feature `render`) reports those that a profile does not allow.
///
/// | | `dev` | `safe` | `hardened` |
/// | --- | --- | --- | --- |
/// | point-in-time recovery | off | on | on |
/// | `DeletionPolicy` | `Delete` | `RetainExceptOnCreate` | `RetainExceptOnCreate` |
/// | `UpdateReplacePolicy` | `Delete` | `Retain` | `Retain` |
/// | deletion protection | off | on if the environment is protected | on |
/// | encryption | AWS owned key | AWS owned key | a customer managed key in the stack, rotated and retained |
/// | termination protection of the stack | on if the environment is protected | on if the environment is protected | on |
/// | stack policy | none | none | denies replacing and deleting tables |
///
/// ```
/// use tablewright::{DeletionPolicy, Env, Profile, Stack, Table, TableItem, Assembly};
///
/// #[derive(TableItem)]
/// struct Draft {
///     #[ddb(partition)]
///     id: String,
/// }
///
/// let env = Env::new("demo", "dev").with_profile(Profile::Dev);
/// let assembly = Assembly::new(&env, &[("drafts", |_| {
///     let mut stack = Stack::new("drafts");
///     stack.table(Table::of::<Draft>());
///     Ok(stack)
/// })]);
/// assert_eq!(assembly.stacks[0].tables[0].deletion_policy, DeletionPolicy::Delete);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// For development and experiments: deleting the stack deletes the tables.
    Dev,
    /// The default: tables are retained.
    #[default]
    Safe,
    /// For data with compliance requirements.
    Hardened,
}

fn default_table_name() -> String {
    "{project}-{env}-{table}".into()
}

fn default_stack_name() -> String {
    "{project}-{stack}-{env}".into()
}

impl Env {
    /// Creates an environment with the default name patterns and no settings, for tests of stacks and for programs that do not
    /// use the tool.
    ///
    /// See [`Env`].
    #[must_use]
    pub fn new(project: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            project: project.into(),
            name: name.into(),
            region: None,
            account: None,
            protected: false,
            profile: Profile::default(),
            table_name: default_table_name(),
            stack_name: default_stack_name(),
            config: serde_json::Map::new(),
        }
    }

    /// Sets the Region and account that this environment is deployed to.
    ///
    /// See [`Env`].
    #[must_use]
    pub fn located(mut self, region: Option<String>, account: Option<String>) -> Self {
        (self.region, self.account) = (region, account);
        self
    }

    /// Sets whether the environment is protected: deletion protection and termination protection are then on by default.
    ///
    /// See [`Env`].
    #[must_use]
    pub fn with_protection(mut self, protected: bool) -> Self {
        self.protected = protected;
        self
    }

    /// Sets the profile: the defaults for settings that definitions leave open.
    ///
    /// See [`Profile`].
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the patterns of table names (`{project}`, `{env}`, `{table}`) and stack names (`{project}`, `{env}`, `{stack}`).
    ///
    /// ```
    /// use tablewright::{Assembly, Env, Stack, Table};
    ///
    /// let env = Env::new("shop", "dev").with_names(Some("{env}.{table}".into()), None);
    /// let assembly = Assembly::new(&env, &[("orders", |_| {
    ///     let mut stack = Stack::new("orders");
    ///     stack.table(Table::define("Order"));
    ///     Ok(stack)
    /// })]);
    /// assert_eq!(assembly.stacks[0].tables[0].name, Some("dev.order".into()));
    /// assert_eq!(assembly.stacks[0].name.as_deref(), Some("shop-orders-dev"), "the default");
    /// ```
    #[must_use]
    pub fn with_names(mut self, table: Option<String>, stack: Option<String>) -> Self {
        self.table_name = table.unwrap_or(self.table_name);
        self.stack_name = stack.unwrap_or(self.stack_name);
        self
    }

    /// Sets the values that [`config`](Self::config) reads, by key.
    ///
    /// See [`config`](Self::config).
    #[must_use]
    pub fn with_config(mut self, config: serde_json::Map<String, serde_json::Value>) -> Self {
        self.config = config;
        self
    }

    /// Returns the project's name.
    ///
    /// See [`Env`].
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Returns the environment's name.
    ///
    /// See [`Env`].
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is the environment `name`.
    ///
    /// See [`Env`].
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// Returns the Region, if one is configured.
    ///
    /// See [`Env`].
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Returns the account id, if one is configured.
    ///
    /// See [`Env`].
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Whether the environment is protected: deletion protection and termination protection are then on by default.
    ///
    /// See [`Env`].
    #[must_use]
    pub const fn protected(&self) -> bool {
        self.protected
    }

    /// Returns the profile: the defaults for settings that definitions leave open.
    ///
    /// ```
    /// use tablewright::{Env, Profile};
    ///
    /// assert_eq!(Env::new("shop", "dev").profile(), Profile::Safe, "if none is configured");
    /// ```
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Deserializes the settings under `[env.NAME.config.KEY]`.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use serde_json::json;
    /// use tablewright::Env;
    ///
    /// #[derive(Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Orders {
    ///     reads: u64,
    /// }
    ///
    /// let config = json!({ "orders": { "reads": 40 }, "old": { "raeds": 40 } });
    /// let env = Env::new("shop", "dev").with_config(config.as_object().expect("an object").clone());
    /// assert_eq!(env.config::<Orders>("orders")?.reads, 40);
    /// assert!(env.config::<Orders>("old").is_err(), "a misspelt setting");
    /// let error = env.config::<Orders>("notes").err().expect("there is no such section");
    /// assert_eq!(error.to_string(), "[env.dev.config.notes] is missing");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the section is missing or cannot be deserialized. Add `#[serde(deny_unknown_fields)]` to the type to
    /// detect misspelt settings.
    pub fn config<T: DeserializeOwned>(&self, key: &str) -> crate::Result<T> {
        let section = format!("[env.{}.config.{key}]", self.name);
        let value = self.config.get(key).ok_or_else(|| format!("{section} is missing"))?;
        T::deserialize(value).map_err(|error| format!("{section}: {error}").into())
    }

    pub(crate) fn table_name(&self, table: &str) -> String {
        self.fill(&self.table_name).replace("{table}", table)
    }

    /// Returns the name that a stack has in CloudFormation unless [`Stack::name`](crate::Stack::name) gives it another one.
    ///
    /// ```
    /// use tablewright::Env;
    ///
    /// assert_eq!(Env::new("shop", "dev").stack_name("orders"), "shop-orders-dev");
    /// ```
    #[must_use]
    pub fn stack_name(&self, stack: &str) -> String {
        self.fill(&self.stack_name).replace("{stack}", stack)
    }

    fn fill(&self, pattern: &str) -> String {
        pattern.replace("{project}", &self.project).replace("{env}", &self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Days, DeletionPolicy, Encryption, Stack, Table, TableItem, UpdateReplacePolicy};

    #[derive(TableItem)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Draft {
        #[ddb(partition)]
        id: String,
    }

    /// Returns a stack with `table`, with the profile applied.
    fn settled(profile: Profile, table: Table) -> Stack {
        let mut stack = Stack::new("drafts");
        stack.table(table);
        stack.apply_environment(&Env::new("demo", "dev").with_profile(profile));
        stack
    }

    #[test]
    fn a_profile_sets_what_the_definition_leaves_open() {
        for (profile, recovers, deletion, replacement, protected, resources) in [
            (Profile::Dev, false, DeletionPolicy::Delete, UpdateReplacePolicy::Delete, false, 0),
            (
                Profile::Safe,
                true,
                DeletionPolicy::RetainExceptOnCreate,
                UpdateReplacePolicy::Retain,
                false,
                0,
            ),
            (
                Profile::Hardened,
                true,
                DeletionPolicy::RetainExceptOnCreate,
                UpdateReplacePolicy::Retain,
                true,
                1,
            ),
        ] {
            let stack = settled(profile, Table::of::<Draft>());
            let table = &stack.tables[0];
            assert_eq!(table.point_in_time_recovery.is_some(), recovers, "{profile:?}");
            assert_eq!(table.deletion_policy, deletion, "{profile:?}");
            assert_eq!(table.update_replace_policy, replacement, "{profile:?}");
            assert_eq!(table.deletion_protection, Some(protected.into()), "{profile:?}");
            assert_eq!(table.encryption.is_some(), profile == Profile::Hardened, "{profile:?}");
            assert_eq!(stack.resources.len(), resources, "{profile:?}");
            let guarded = stack.termination_protection == Some(true) && stack.policy.is_some();
            assert_eq!(guarded, profile == Profile::Hardened, "{profile:?}");
        }
    }

    #[test]
    fn protection_settings_of_a_stack_override_the_profile() {
        let policy = serde_json::json!({ "Statement": [] });
        let mut stack = Stack::new("drafts").termination_protection(false).policy(policy.clone());
        stack.table(Table::of::<Draft>());
        let hardened = Env::new("demo", "dev").with_profile(Profile::Hardened);
        stack.apply_environment(&hardened);
        assert_eq!((stack.termination_protection, stack.policy), (Some(false), Some(policy)));

        let mut without_tables = Stack::new("drafts");
        without_tables.apply_environment(&hardened);
        assert_eq!((without_tables.termination_protection, without_tables.policy), (Some(true), None));
    }

    #[test]
    fn settings_of_a_table_override_every_profile() {
        let explicit = Table::of::<Draft>()
            .point_in_time_recovery(Days(7))
            .deletion_policy(DeletionPolicy::Retain)
            .update_replace_policy(UpdateReplacePolicy::Retain)
            .deletion_protection(false)
            .encryption(Encryption::AwsManaged);
        for profile in [Profile::Dev, Profile::Safe, Profile::Hardened] {
            let stack = settled(profile, explicit.clone());
            let table = &stack.tables[0];
            assert_eq!(table.point_in_time_recovery, explicit.point_in_time_recovery, "{profile:?}");
            assert_eq!(table.deletion_policy, DeletionPolicy::Retain, "{profile:?}");
            assert_eq!(table.update_replace_policy, UpdateReplacePolicy::Retain, "{profile:?}");
            assert_eq!(table.deletion_protection, Some(false.into()), "{profile:?}");
            assert_eq!(table.encryption, Some(Encryption::AwsManaged), "{profile:?}");
            assert!(stack.resources.is_empty(), "{profile:?}");
        }
    }
}
