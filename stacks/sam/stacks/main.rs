//! The tables of a SAM project. `tablewright` builds and runs this program.

tablewright::stacks!(notes);
