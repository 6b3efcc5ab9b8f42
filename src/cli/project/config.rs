//! `stacks/tablewright.toml`: the project's name and its environments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tablewright::render::ManifestEnv;
use tablewright::{Env, Profile};

use crate::args::deployment::check_sizes;
use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::project::nearest;

/// The configuration of a project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) project: ProjectConfig,
    #[serde(default)]
    pub(crate) build: BuildConfig,
    #[serde(default, rename = "env")]
    pub(crate) envs: BTreeMap<String, EnvConfig>,
    #[serde(skip)]
    path: PathBuf,
}

/// `[project]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectConfig {
    /// The value of `{project}` in names.
    pub(crate) name: String,
    /// The environment of commands without `--env`.
    default_env: Option<String>,
    /// The pattern of table names.
    table_name: Option<String>,
    /// The pattern of stack names.
    stack_name: Option<String>,
    /// The directory of committed rendered templates, relative to tablewright.toml.
    #[serde(default = "rendered")]
    pub(crate) rendered: String,
    /// Keys of tags that `check --policy` requires on every table.
    #[serde(default)]
    pub(crate) required_tags: Vec<String>,
}

const MINIMAL: &str = "a minimal file has: [project], name = \"…\", and a section [env.dev]";

fn rendered() -> String {
    "rendered".to_owned()
}

/// `[build]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BuildConfig {
    /// Names of environment variables that the build of the stacks crate gets besides the usual ones. A `*` at the end stands for any
    /// rest.
    #[serde(default)]
    pub(crate) env: Vec<String>,
}

/// `[env.NAME]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvConfig {
    /// The AWS region of the environment.
    pub(crate) region: Option<String>,
    /// The AWS account of the environment.
    pub(crate) account: Option<String>,
    /// The profile of the shared AWS configuration to use.
    pub(crate) aws_profile: Option<String>,
    /// Whether the environment is protected.
    #[serde(default)]
    pub(crate) protected: bool,
    /// The profile, with defaults for settings that definitions leave open: `dev`, `safe` or `hardened`.
    #[serde(default)]
    profile: Profile,
    /// The bucket for templates that are too large for a request.
    pub(crate) bucket: Option<String>,
    /// The role for CloudFormation to assume.
    pub(crate) role_arn: Option<String>,
    /// Values of parameters of the templates.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
    /// Settings for the stack functions, by name.
    #[serde(default)]
    config: serde_json::Map<String, serde_json::Value>,
}

impl EnvConfig {
    /// Creates the configuration of the environment of rendered templates, with account and Region only.
    pub(crate) fn of_manifest(env: ManifestEnv) -> Self {
        let ManifestEnv { region, account, protected, .. } = env;
        Self { region, account, protected, ..Self::default() }
    }
}

impl Config {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            CommandError::new(Exit::Usage, error)
                .context(format!("cannot read {}", path.display()))
                .hint(MINIMAL)
        })?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        // The error of toml has line, column and excerpt, and lists the known keys.
        let config: Self = toml::from_str(text).map_err(|error| {
            // toml points at the first line, where nothing is wrong.
            if error.message() == "missing field `project`" {
                return CommandError::usage(format!("{} has no section [project]", path.display()))
                    .hint(MINIMAL);
            }
            CommandError::new(Exit::Usage, error).context(format!("{} is invalid", path.display()))
        })?;
        let config = Self { path: path.to_owned(), ..config };
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<()> {
        let wrong = |message: String| Err(CommandError::usage(format!("{}: {message}", self.path.display())));
        if self.envs.is_empty() {
            return wrong("no environment is defined; add a section such as [env.dev]".into());
        }
        for (key, pattern, part) in [
            ("table_name", &self.project.table_name, "{table}"),
            ("stack_name", &self.project.stack_name, "{stack}"),
        ] {
            if pattern.as_ref().is_some_and(|pattern| !pattern.contains(part)) {
                return wrong(format!("`{key}` must contain `{part}`, as each name must be unique"));
            }
        }
        if let Some((name, _)) =
            self.envs.iter().find(|(_, env)| env.protected && env.profile == Profile::Dev)
        {
            return wrong(format!(
                "environment `{name}` is protected and has the profile `dev`, which retains no table; change one of the two"
            ));
        }
        for (name, env) in &self.envs {
            check_sizes(&env.parameters, &format!(" of environment `{name}` in {}", self.path.display()))?;
        }
        let is_name = |name: &&String| {
            let name = name.strip_suffix('*').unwrap_or(name);
            !name.is_empty() && !name.contains(['*', '=', ' '])
        };
        if let Some(name) = self.build.env.iter().find(|name| !is_name(name)) {
            return wrong(format!(
                "`build.env` has `{name}`, which is no name of a variable, and no beginning of one such as `ORT_*`"
            ));
        }
        match &self.project.default_env {
            Some(name) if !self.envs.contains_key(name) => {
                wrong(format!("`default_env` is `{name}`, which is not one of: {}", self.env_names()))
            }
            Some(name) if self.envs[name].protected => wrong(format!(
                "`default_env` is `{name}`, which is protected; a protected environment must be selected with `--env`"
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Returns the environment with the given name, or the default one.
    pub(crate) fn env(&self, name: Option<&str>) -> Result<(Env, &EnvConfig)> {
        let name = match (name, &self.project.default_env) {
            (Some(name), _) => name,
            (None, Some(name)) => name,
            (None, None) => {
                return Err(CommandError::usage("no environment selected")
                    .hint(format!("pass `--env NAME` with one of: {}", self.env_names()))
                    .hint(format!("or set `default_env` under [project] in {}", self.path.display())));
            }
        };
        let Some((name, env)) = self.envs.get_key_value(name) else {
            let mut error = CommandError::usage(format!("no environment `{name}`"));
            if let Some(near) = nearest(name, self.envs.keys()) {
                error = error.hint(format!("did you mean `{near}`?"));
            }
            return Err(error.hint(format!("{} has: {}", self.path.display(), self.env_names())));
        };
        Ok((self.make(name, env), env))
    }

    /// Returns all environments.
    pub(crate) fn all_envs(&self) -> Vec<Env> {
        self.envs.iter().map(|(name, env)| self.make(name, env)).collect()
    }

    fn make(&self, name: &str, env: &EnvConfig) -> Env {
        Env::new(&self.project.name, name)
            .located(env.region.clone(), env.account.clone())
            .with_protection(env.protected)
            .with_profile(env.profile)
            .with_names(self.project.table_name.clone(), self.project.stack_name.clone())
            .with_config(env.config.clone())
    }

    fn env_names(&self) -> String {
        self.envs.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}
