//! The settings of a table that depend on the environment: its name, and the defaults of the environment's profile.
//!
//! Applied once, when the stack is added to the assembly.

use crate::program::env::{Env, Profile};
use crate::table::Table;
use crate::table::settings::{DeletionPolicy, UpdateReplacePolicy};

/// The settings that a definition sets, so that the profile does not change them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ExplicitSettings {
    pub(crate) point_in_time_recovery: bool,
    pub(crate) deletion_policy: bool,
    pub(crate) update_replace_policy: bool,
}

/// How the name of a table is determined.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Naming {
    /// From the environment's pattern, with the logical id in kebab case as `{table}`.
    FromId,
    /// From the environment's pattern, with the given value as `{table}`.
    FromBase(String),
    /// `name` is used unchanged; `None` lets CloudFormation generate one.
    #[default]
    Final,
}

impl Table {
    /// Returns the logical id in kebab case, the default of `{table}` in the pattern of table names.
    ///
    /// ```
    /// use tablewright::Table;
    ///
    /// assert_eq!(Table::define("ProductImage").kebab_id(), "product-image");
    /// ```
    #[must_use]
    pub fn kebab_id(&self) -> String {
        kebab(&self.id)
    }

    /// Sets the name from the environment's pattern, and the defaults of its profile for settings that the definition does not
    /// set.
    pub(crate) fn apply_environment(&mut self, env: &Env) {
        match std::mem::take(&mut self.naming) {
            Naming::FromId => self.name = Some(env.table_name(&self.kebab_id()).into()),
            Naming::FromBase(base) => self.name = Some(env.table_name(&base).into()),
            Naming::Final => {}
        }
        let explicit = std::mem::take(&mut self.explicit);
        let protected = match env.profile() {
            Profile::Dev => {
                self.apply_dev_profile(&explicit);
                false
            }
            Profile::Safe => env.protected(),
            Profile::Hardened => true,
        };
        self.deletion_protection.get_or_insert(protected.into());
        if let Some(global) = &mut self.global {
            global.home = env.region().map(str::to_owned);
        }
    }

    /// Sets the defaults of [`Profile::Dev`]: the table is deleted with its stack, and has no backups.
    fn apply_dev_profile(&mut self, explicit: &ExplicitSettings) {
        if !explicit.point_in_time_recovery {
            self.point_in_time_recovery = None;
        }
        if !explicit.deletion_policy {
            self.deletion_policy = DeletionPolicy::Delete;
        }
        if !explicit.update_replace_policy {
            self.update_replace_policy = UpdateReplacePolicy::Delete;
        }
    }
}

/// Writes a Rust type name in kebab case: `ProductImage` → `product-image`, `SNSTopic` → `sns-topic`.
fn kebab(id: &str) -> String {
    let chars: Vec<char> = id.chars().collect();
    let mut out = String::with_capacity(id.len() + 4);
    for (i, c) in chars.iter().enumerate() {
        let after_word = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_ascii_digit());
        let last_of_acronym =
            i > 0 && chars[i - 1].is_uppercase() && chars.get(i + 1).is_some_and(|c| c.is_lowercase());
        if c.is_uppercase() && (after_word || last_of_acronym) {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::kebab;
    use crate::{Days, DeletionPolicy, Env, Profile, Scalar, Table, UpdateReplacePolicy};

    #[test]
    fn the_profile_sets_what_the_definition_leaves_open() {
        let table = || Table::define("Draft").partition("id", Scalar::S);
        let settled = |mut table: Table, profile, protected| {
            table
                .apply_environment(&Env::new("demo", "dev").with_profile(profile).with_protection(protected));
            let recovery = table.point_in_time_recovery.is_some();
            let protection = table.deletion_protection == Some(true.into());
            (recovery, protection, table.deletion_policy, table.update_replace_policy)
        };
        let (keep, drop) = (DeletionPolicy::RetainExceptOnCreate, DeletionPolicy::Delete);
        let (retain, delete) = (UpdateReplacePolicy::Retain, UpdateReplacePolicy::Delete);
        assert_eq!(settled(table(), Profile::Dev, true), (false, false, drop, delete));
        assert_eq!(settled(table(), Profile::Safe, false), (true, false, keep, retain));
        assert_eq!(settled(table(), Profile::Safe, true), (true, true, keep, retain));
        assert_eq!(settled(table(), Profile::Hardened, false), (true, true, keep, retain));
        let explicit = || {
            table()
                .point_in_time_recovery(Days(3))
                .deletion_protection(true)
                .deletion_policy(keep)
                .update_replace_policy(retain)
        };
        assert_eq!(settled(explicit(), Profile::Dev, false), (true, true, keep, retain));
        let unprotected = table().deletion_protection(false).no_point_in_time_recovery();
        assert_eq!(settled(unprotected, Profile::Hardened, true), (false, false, keep, retain));
    }

    #[test]
    fn logical_ids_are_converted_to_kebab_case() {
        for (id, name) in [
            ("Note", "note"),
            ("ProductImage", "product-image"),
            ("SNSTopic", "sns-topic"),
            ("V2Order", "v2-order"),
            ("Order2", "order2"),
        ] {
            assert_eq!(kebab(id), name);
        }
    }
}
