//! Tests of the region editor, and of the regions and fragments that are embedded with it, through the public API.
#![cfg(test)]

mod support;

mod corpus;
mod refused;
mod scalars;
mod survive;

mod fragments;
mod definitions;
mod sample;
mod ways;
