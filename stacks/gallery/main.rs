//! The gallery: tables of a coffee roastery that use, between them, everything that a definition can say.
//!
//! Copy from it. Each file is a stack and has one theme:
//!
//! | stack | theme |
//! | --- | --- |
//! | [`orders`] | what a struct says: keys, indexes, projections, time to live; on-demand limits, settings by environment |
//! | [`desk`] | one table for items of several types, with keys in a struct of their own |
//! | [`telemetry`] | provisioned capacity that follows load and clock; Kinesis; parameters, mappings, conditions, alarms |
//! | [`sessions`] | global tables with eventual consistency, each Region with settings of its own |
//! | [`ledger`] | global tables with strong consistency, and replicas of another account's table |
//! | [`audit`] | a key of the stack's own, resource policies, protection of everything |
//! | [`catalogue`] | tables without a struct, filled from S3, values that other stacks and parameters hold |
//!
//! `tablewright render --stacks stacks/gallery` shows the templates; they stand in `stacks/rendered/gallery`, and
//! `tests/complete.rs` finds in them every property that AWS's schema has.

mod key;

tablewright::stacks!(orders, desk, telemetry, sessions, ledger, audit, catalogue);
