//! The deletion of a stack: what is deleted, what stays, what stands in the way; and the deletion itself.
//!
//! In goes the name of a deployed stack. Out comes a [`DestroyPlan`], made from the stack's resources at any depth, from the templates
//! that they were deployed with, and from the tables as they are. [`Destroy`] executes it, if it still holds.
//! *Invariant:* nothing is deleted that was not in the plan that was shown.

mod plan;
mod tree;
mod refusal;
mod run;

pub use plan::{DestroyPlan, DestroyedResource, ExportInUse, Fate, TableToLose, plan_destroy};
pub use refusal::{DestroyRefusal, KeyInUse};
pub use run::Destroy;
