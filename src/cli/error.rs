//! The error of a command, and the conversion of library errors to exit codes and hints.

use std::fmt;

use tablewright::{Place, render};
use tablewright_cloudformation::Origin;
use tablewright_cloudformation::change_set::PrepareError;
use tablewright_cloudformation::change_set::prepared_request::RequestError;
use tablewright_cloudformation::operation::delete_stack::DeleteError;
use tablewright_cloudformation::{
    ApiError, ApiErrorKind, CancelError, Conflict, ConnectError, SignIn, UploadError, WatchError,
};
use tablewright_deploy::{self as deploy, Consent, DestroyRefusal, ResourcePath, ReviewedPlanError};
use tablewright_dynamodb::BackupError;
use tablewright_plan::Verdict;

use crate::exit::Exit;
use crate::project::nearest;
use crate::report::printable_lines;

/// The error of a command.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The error, with its causes.
    pub(crate) error: anyhow::Error,
    /// Places that were searched without success, one line each.
    pub(crate) tried: Vec<String>,
    /// How to fix the error, one line each.
    pub(crate) hints: Vec<String>,
    /// Source location of the error, if it has one.
    pub(crate) at: Option<Place>,
}

pub(crate) type Result<T, E = CommandError> = std::result::Result<T, E>;

impl CommandError {
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: error.into(), tried: Vec::new(), hints: Vec::new(), at: None }
    }

    /// Creates an error of the command line, the configuration or the definitions.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, anyhow::Error::msg(message.to_string()))
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Sets the source location.
    pub(crate) fn at(mut self, at: Option<Place>) -> Self {
        self.at = at;
        self
    }

    /// Wraps the error in a message about the failed action.
    pub(crate) fn context(mut self, context: impl fmt::Display + Send + Sync + 'static) -> Self {
        self.error = self.error.context(context);
        self
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", printable_lines(&self.error.to_string(), ""))?;
        for cause in self.error.chain().skip(1) {
            write!(f, "\n  because: {}", indent(&cause.to_string()))?;
        }
        for place in &self.tried {
            write!(f, "\n  tried: {}", indent(place))?;
        }
        for hint in &self.hints {
            write!(f, "\n  help: {}", indent(hint))?;
        }
        Ok(())
    }
}

fn indent(text: &str) -> String {
    printable_lines(text, "    ")
}

/// Turns a library's error into a [`CommandError`] with an exit code.
pub(crate) trait OrExit<T> {
    /// Sets the exit code of an error.
    fn or_exit(self, exit: Exit) -> Result<T>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for std::result::Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T> {
        self.map_err(|error| CommandError::new(exit, error))
    }
}

impl From<render::Error> for CommandError {
    fn from(error: render::Error) -> Self {
        let hints = error.hint().into_iter().collect();
        Self { hints, ..Self::new(Exit::Usage, error) }
    }
}

impl From<ConnectError> for CommandError {
    fn from(error: ConnectError) -> Self {
        let (tried, advice): (&[String], &str) = match &error {
            ConnectError::NoRegion { tried } => (
                tried,
                "pass `--region`, set AWS_REGION, or give the environment a `region` in tablewright.toml; or try `--sandbox`, which needs no account",
            ),
            ConnectError::NoCredentials { tried } => (
                tried,
                "sign in (`aws configure`, `aws sso login`, `aws login`), choose a profile with `--profile`, or try `--sandbox`, which needs no account",
            ),
            ConnectError::UnknownProfile { .. } => {
                (&[], "choose another with `--profile`, or create it with `aws configure --profile NAME`")
            }
            ConnectError::SignedOut { sign_in: SignIn::Sso, .. } => {
                (&[], "run `aws sso login --profile NAME`")
            }
            ConnectError::SignedOut { sign_in: SignIn::Login, .. } => (&[], "run `aws login --profile NAME`"),
            ConnectError::MfaCode { .. } => {
                (&[], "pass the code with `--mfa-code`, or enter it in a terminal")
            }
            ConnectError::Credentials(_) => {
                (&[], "sign in again, or choose another profile with `--profile`")
            }
            ConnectError::InvalidRegion { .. } => (&[], "use a Region name such as eu-west-1"),
            ConnectError::InvalidEndpoint { .. } => (&[], "use a URL such as http://127.0.0.1:4566"),
            ConnectError::ConfigFiles(_) | ConnectError::CaBundle { .. } => {
                (&[], "correct the file, or unset the variable with its path")
            }
        };
        let exit = match &error {
            // An invalid value of the command line is a usage error; one of the environment is an access error.
            ConnectError::InvalidRegion { origin: Origin::Given, .. }
            | ConnectError::InvalidEndpoint { origin: Origin::Given, .. } => Exit::Usage,
            _ => Exit::Access,
        };
        let (tried, hints) = (tried.to_vec(), vec![advice.to_owned()]);
        Self { tried, hints, ..Self::new(exit, error) }
    }
}

impl From<ApiError> for CommandError {
    fn from(error: ApiError) -> Self {
        let (exit, hint) = match &error.kind {
            ApiErrorKind::Denied { permission } => {
                (Exit::Access, Some(format!("the credentials need the permission {permission}")))
            }
            ApiErrorKind::Expired => (
                Exit::Access,
                Some(
                    "sign in again (`aws sso login`, `aws login`, or new keys), then run the same command"
                        .into(),
                ),
            ),
            ApiErrorKind::Credentials => (Exit::Access, None),
            ApiErrorKind::Unreachable { .. } | ApiErrorKind::NotCloudFormation { .. } => (
                Exit::Access,
                Some("check the endpoint: `--endpoint-url`, AWS_ENDPOINT_URL and the profile".into()),
            ),
            ApiErrorKind::Throttled | ApiErrorKind::Unavailable => {
                (Exit::Access, Some("try again in a minute".into()))
            }
            ApiErrorKind::NotFound | ApiErrorKind::Validation => (Exit::Usage, None),
            ApiErrorKind::Other => (Exit::Internal, None),
        };
        let hints = hint.into_iter().collect();
        Self { hints, ..Self::new(exit, error) }
    }
}

impl From<RequestError> for CommandError {
    fn from(error: RequestError) -> Self {
        let exit = match &error {
            RequestError::StackName(_) | RequestError::TemplateTooLarge(_) | RequestError::Request(_) => {
                Exit::Usage
            }
            RequestError::Busy { .. } => Exit::Refused,
            RequestError::CreationRolledBack { .. }
            | RequestError::Paused { .. }
            | RequestError::Stuck { .. } => Exit::ManualRecovery,
            RequestError::UnknownStatus { .. } => Exit::Unknown,
            RequestError::Api(error) => return error.clone().into(),
        };
        let hints = error.hint().map(str::to_owned).into_iter().collect();
        Self { hints, ..Self::new(exit, error) }
    }
}

impl From<PrepareError> for CommandError {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Api(error) => error.into(),
            PrepareError::Request(error) => error.into(),
            PrepareError::UnchangedButFailed(_) => Self::new(Exit::ManualRecovery, error),
            PrepareError::Failed { .. } => Self::new(Exit::Refused, error),
            PrepareError::TimedOut { .. } => Self::new(Exit::StillRunning, error),
            PrepareError::ReplacementWithoutRollback { .. } => {
                let hint = error.hint();
                hint.into_iter().fold(Self::new(Exit::Refused, error), Self::hint)
            }
        }
    }
}

impl From<UploadError> for CommandError {
    fn from(error: UploadError) -> Self {
        let (exit, hint) = match &error {
            UploadError::BucketName(_) | UploadError::OtherRegion { .. } => {
                (Exit::Usage, "use another bucket with `--bucket` or `bucket` in tablewright.toml")
            }
            UploadError::TooLarge(_) => (Exit::Usage, "split the stack"),
            UploadError::NoBucket(_) => {
                (Exit::Usage, "create it (`aws s3 mb`), or use another with `--bucket`")
            }
            UploadError::Denied { .. } => {
                (Exit::Access, "the credentials need that permission on the bucket")
            }
            UploadError::Failed { .. } => (Exit::Access, "try again in a minute"),
        };
        Self::new(exit, error).hint(hint)
    }
}

impl From<WatchError> for CommandError {
    fn from(error: WatchError) -> Self {
        let exit = match &error {
            WatchError::Lost { .. } | WatchError::NeverBegan { .. } => Exit::Unknown,
            WatchError::StillRunning { .. } => Exit::StillRunning,
            WatchError::NoOperation { .. } => Exit::Usage,
        };
        Self::new(exit, error)
    }
}

impl From<DeleteError> for CommandError {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::Api(error) => error.into(),
            DeleteError::Changed { .. } => {
                let hint = error.hint();
                hint.into_iter().fold(Self::new(Exit::Stale, error), Self::hint)
            }
            DeleteError::Protected { .. } => Self::new(Exit::Refused, error).hint(
                "deploy it with `.termination_protection(false)` first, if the stack is no longer needed",
            ),
        }
    }
}

impl From<CancelError> for CommandError {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NoStack(_) => Self::new(Exit::Usage, error),
            CancelError::NothingToCancel { .. } => Self::new(Exit::Refused, error),
            CancelError::BeingCreated(_) => Self::new(Exit::StillRunning, error),
            CancelError::Delete(error) => error.into(),
            CancelError::Api(error) => error.into(),
        }
    }
}

impl From<ReviewedPlanError> for CommandError {
    fn from(error: ReviewedPlanError) -> Self {
        let (exit, hint) = match error {
            ReviewedPlanError::OtherSchema { .. } => {
                (Exit::Stale, "create the plan with the version that deploys it")
            }
            _ => (
                Exit::Usage,
                "create a plan with `tablewright diff --report json=FILE`, compared with the deployed stacks",
            ),
        };
        Self::new(exit, error).hint(hint)
    }
}

impl From<deploy::Error> for CommandError {
    /// Adds hints that do not depend on the target; `rollout_failed` adds commands for the target.
    fn from(error: deploy::Error) -> Self {
        use deploy::Error;
        let (exit, hint) = match error {
            Error::Api(error) => return error.into(),
            Error::Upload(error) => return error.into(),
            Error::Request(error) => return error.into(),
            Error::Prepare { error, .. } => return error.into(),
            Error::Watch(error) => return error.into(),
            Error::Cancel(error) => return error.into(),
            Error::Delete(error) => return error.into(),
            Error::DestroyRefused(ref refusal) => (Exit::Refused, Some(instead_of(refusal).to_owned())),
            Error::DestroyStale { .. } => {
                (Exit::Stale, Some("run the same command again: it shows a new plan".to_owned()))
            }
            Error::DeletedUnseen { .. } => (
                Exit::ManualRecovery,
                Some("another client has changed the stack right before its deletion; DynamoDB keeps a backup for 35 days of a deleted table that had point-in-time recovery".to_owned()),
            ),
            Error::Backup(BackupError::Denied { permission, .. }) => {
                (Exit::Access, Some(format!("the change was not executed; the credentials need the permission {permission}")))
            }
            Error::Backup(_) => (Exit::Refused, Some("the change was not executed: a table was to be backed up first".to_owned())),
            Error::BackupPending { .. } => (
                Exit::StillRunning,
                Some("the backup goes on in DynamoDB; run the same command again, with a longer `--timeout`".to_owned()),
            ),
            Error::ChangeSetLeft { ref source, .. } => {
                let context = error.to_string();
                return Self::from(ApiError::clone(source)).context(context);
            }
            Error::UnreadableTemplate { .. } => return unreadable_template(error),
            Error::UnknownConsent { ref resource, ref known } => {
                (Exit::Usage, nearest(&resource.to_string(), known).map(|near| format!("did you mean `{near}`?")))
            }
            Error::PlanRefused { ref worst, ref needs_consent, ref index_rebuilds, executed, .. } => {
                let has_recipe = worst.as_ref().is_some_and(|worst| worst.recipe.is_some());
                let consents = consents(needs_consent, index_rebuilds);
                let error = CommandError::new(Exit::of_refusal(executed), error);
                let recipe = has_recipe.then(|| "the plan above shows what to do instead".to_owned());
                return recipe.into_iter().chain(consents).fold(error, CommandError::hint);
            }
            Error::RetainedByCreation { .. } => (
                Exit::ManualRecovery,
                Some("move their items if they are needed, delete them, then destroy the stack and deploy again".to_owned()),
            ),
            Error::NotATemplate { .. } => (Exit::Usage, Some(UNPLANNABLE.to_owned())),
            Error::Stale { .. } => (
                Exit::Stale,
                Some("nothing was changed; create the plan again (`tablewright diff --report json=FILE`) and have it reviewed".to_owned()),
            ),
            Error::NotApproved { .. } => (
                Exit::Stale,
                Some("run the same command again: it shows a new plan, starting from what is deployed now".to_owned()),
            ),
            Error::Disagreement { ref resource, .. } if resource.logical_id.contains('/') => (
                Exit::Refused,
                Some(format!(
                    "the change set was not executed; nested stacks are not planned, so the loss of a resource in them has to be allowed by name: `--allow-data-loss {resource}`"
                )),
            ),
            Error::Disagreement { .. } => (
                Exit::Refused,
                Some("the change set was not executed; the plan and the change set must agree, please report this with both templates".to_owned()),
            ),
            Error::Cycle { .. } => (
                Exit::Usage,
                Some("each depends on the next by an export, an output or an SSM parameter; remove one of these dependencies".to_owned()),
            ),
            Error::StepsRemain { .. } => {
                (Exit::StillRunning, Some("run the same command again then; it continues with the next step".to_owned()))
            }
            Error::TablesUnknown { source: tablewright_dynamodb::Error::Denied { .. }, .. } => (
                Exit::Access,
                Some("the credentials need the permission dynamodb:DescribeTable".to_owned()),
            ),
            Error::TablesUnknown { .. } => (Exit::Unknown, None),
            Error::TablesUnusable { .. } => (
                Exit::ManualRecovery,
                Some("make the key usable again (enable it, cancel its deletion, or allow DynamoDB in its policy), or restore the table".to_owned()),
            ),
            Error::TemplateBody(_) => (Exit::Internal, None),
            Error::Overtaken { conflict: Conflict::Busy, .. } => {
                (Exit::Refused, Some("wait until its operation has ended, or use `--wait-for-idle`, and run the same command again".to_owned()))
            }
            Error::Overtaken { conflict: Conflict::Changed, .. } => (
                Exit::Stale,
                Some("run the same command again: it shows a new plan, and goes on from what is deployed".to_owned()),
            ),
            Error::PreparationTimedOut { .. } => {
                (Exit::StillRunning, Some("the change set is deleted; run the same command with a longer `--timeout`".to_owned()))
            }
            Error::NotAnswered { .. } => {
                (Exit::Unknown, Some("run the same command again: it goes on from what is deployed; a longer `--timeout` waits longer".to_owned()))
            }
            Error::TablesPending { .. } => (Exit::StillRunning, None),
            Error::DeniedByStackPolicy { executed, .. } => (
                Exit::of_refusal(executed),
                Some("change the stack policy of the definition, or give one for this update alone with `--stack-policy-during-update FILE`".to_owned()),
            ),
            Error::NoPolicyToReturnTo { .. } => (
                Exit::Usage,
                Some("define the stack policy first, with `.policy(…)` or `StackPolicy` in `--parameters-file`".to_owned()),
            ),
            Error::Denied { executed, .. } => (Exit::of_refusal(executed), None),
            Error::StillBusy { .. } => (Exit::Refused, None),
            Error::Failed { ref status, .. } => (Exit::of_failure(status), None),
            Error::Detached => (Exit::StillRunning, None),
            _ => (Exit::Internal, None),
        };
        let hints = hint.into_iter().collect();
        Self { hints, ..Self::new(exit, error) }
    }
}

/// Returns what to do about what stands in the way of a deletion.
const fn instead_of(refusal: &DestroyRefusal) -> &'static str {
    match refusal {
        DestroyRefusal::TerminationProtection { .. } => {
            "deploy it with `.termination_protection(false)` first, if the stack is no longer needed"
        }
        DestroyRefusal::Protected { .. } => {
            "deploy it with `.deletion_protection(false)` first, if its items are no longer needed"
        }
        DestroyRefusal::ExportsInUse { .. } => {
            "deploy those stacks without the import, or destroy them first"
        }
        DestroyRefusal::KeysInUse { .. } => {
            "deploy the key with `DeletionPolicy: Retain` first, or the table with another key"
        }
        DestroyRefusal::Busy { .. } => "`tablewright watch` follows the operation that is running",
        _ => "nothing was deleted",
    }
}

const UNPLANNABLE: &str =
    "if another tool has deployed the stack: tablewright must be able to read its template to plan a change";

/// Returns the error for a template that cannot be parsed, with an excerpt.
fn unreadable_template(error: deploy::Error) -> CommandError {
    let context = error.to_string();
    let deploy::Error::UnreadableTemplate { excerpt, source, .. } = error else {
        return CommandError::new(Exit::Internal, error);
    };
    let shown = format!("{source}\n{excerpt}");
    let shown = anyhow::Error::msg(shown.trim_end().to_owned());
    let hints = source.hint().into_iter().chain([UNPLANNABLE.to_owned()]).collect();
    CommandError { hints, ..CommandError::new(Exit::Usage, shown).context(context) }
}

/// Returns the hint with the flags that allow what a plan was refused for; `None` where nothing would.
fn consents(needs_consent: &[Consent], index_rebuilds: &[ResourcePath]) -> Option<String> {
    let flag = |consent: &Consent| match consent.verdict {
        Verdict::DataLoss => format!("--allow-data-loss {}", consent.resource),
        _ => format!("--allow-replacement {}", consent.resource),
    };
    let rebuilds = index_rebuilds.iter().map(|table| format!("--allow-index-rebuild {table}"));
    let flags: Vec<String> = needs_consent.iter().map(flag).chain(rebuilds).collect();
    (!flags.is_empty()).then(|| format!("to allow it: `{}`", flags.join(" ")))
}
