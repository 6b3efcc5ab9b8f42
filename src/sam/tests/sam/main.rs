//! The region editor from the outside, and what is written with it.

mod support;

mod corpus;
mod refused;
mod survive;
