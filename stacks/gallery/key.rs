//! The key of global tables.
//!
//! A hardened environment gives the other tables a key of their stack's. A global table needs one in each of its Regions,
//! which no stack of one Region can make.

use tablewright::{Encryption, Env, Profile, Table};

/// Encrypts the table with the key that the security team keeps under one alias in every Region, where the environment is
/// hardened.
pub fn of_every_region(table: Table, env: &Env) -> Table {
    table.when(env.profile() == Profile::Hardened, |table| {
        table.encryption(Encryption::customer_key("alias/roastery-tables"))
    })
}
