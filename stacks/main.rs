//! The sample stacks: the tables of two tutorials, and the shape to copy for a project of your own.
//!
//! `tablewright` builds and runs this program; `cargo run -p stacks -- --env dev` prints what it hands over.

tablewright::stacks!(shop, notes);
