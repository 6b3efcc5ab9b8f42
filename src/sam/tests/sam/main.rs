//! The region editor from the outside, and what is written with it.
#![cfg(test)]

mod support;

mod corpus;
mod refused;
mod survive;

mod fragments;
mod sample;
mod ways;
